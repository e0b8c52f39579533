/** The poster of a school as one HTML file that prints on a sheet, A4 or letter. `src/poster.ts` writes it. */
import { html, raw } from 'hono/html'
import encodeQR from 'qr'
import { say, type View } from '../../conversation/write.ts'

/** What a deep link hands to the guide, as `interpret` reads it. */
export const linkOf = (bot: string, plantel: string) => `https://t.me/${bot}?start=plantel-${plantel}`

export async function renderPoster(view: View, plantel: string, bot: string): Promise<string> {
  const link = linkOf(bot, plantel)
  // A wall scratches and fades: a quarter of the code may be gone. Four modules of white are what the norm asks for.
  const code = encodeQR(link, 'svg', { ecc: 'quartile', border: 4 })
  const { nombre } = view.content.plantel(plantel)
  const titulo = say(view, 'cartel.titulo')
  const page = await html`<!doctype html>
<html lang="es-MX">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${titulo} ${nombre}</title>
<style>${raw(style)}</style>
</head>
<body>
<p class="plantel">${nombre}</p>
<h1>${titulo}</h1>
<p>${say(view, 'cartel.queEs')}</p>
<figure role="img" aria-label="${link}">${raw(code)}</figure>
<ol>${say(view, 'cartel.pasos')
    .split('\n')
    .map(step => html`<li>${step}</li>`)}</ol>
<p>${say(view, 'cartel.liga')}<br><strong>${link.replace('https://', '')}</strong></p>
<p>${say(view, 'cartel.cuidado')}</p>
</body>
</html>
`
  return String(page)
}

/** What whoever made it is told. */
export const tellWritten = (view: View, archivo: string) => say(view, 'personal.cartel.listo', { archivo })

/** All of it fits the smaller of both sheets in each direction: A4's width and letter's height, less the margins. */
const style = `
@page { margin: 14mm }
* { margin: 0; box-sizing: border-box }
body {
  width: 100%; max-width: 180mm; margin: 0 auto; color: #000; background: #fff; text-align: center;
  font: 5.2mm/1.35 system-ui, sans-serif;
}
.plantel { font-size: 6mm; font-weight: 600 }
h1 { font-size: 12mm; line-height: 1.1; margin: 2mm 0 3mm; text-wrap: balance }
figure { width: 130mm; max-width: 100%; margin: 0 auto }
svg { display: block; width: 100%; height: auto; shape-rendering: crispEdges }
ol { display: inline-block; text-align: left; margin: 0 0 4mm }
strong { overflow-wrap: anywhere }
p + p { margin-top: 3mm }
@media screen { body { padding: 14mm 4mm } }
`
