/** The HTML of the chat: the page, and the lines of a conversation as fragments that page and script put in. Escaped by hono/html. */
import { html, raw } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'
import type { Pagina as Words } from '../../content/schema.ts'
import type { Choice, FileOut, Line } from '../../message.ts'

type Html = HtmlEscapedString | Promise<HtmlEscapedString>

/** What a message that holds no text is kept as. */
const kept: Readonly<Record<string, keyof Words>> = {
  '[photo]': 'foto',
  '[document]': 'archivo',
  '[voice]': 'voz',
  '[sticker]': 'sticker',
}

/** Lines oldest first. Only the last line's choices can be pressed: the others belong to places left behind. */
export function renderLines(words: Words, lines: readonly Line[]): Html {
  const shown = lines.filter(
    ({ from, text }) => from === 'guia' || (text !== '' && !text.startsWith('/start')),
  )
  return html`${shown.map(line => renderLine(words, line, line === lines.at(-1)))}`
}

function renderLine(words: Words, { from, text, choices, file }: Line, last: boolean): Html {
  const who = from === 'guia' ? words.guia : words.tu
  const key = from === 'persona' ? kept[text] : undefined
  const body = key ? words[key] : text
  return html`<article class="${from}" tabindex="-1"><span class="quien">${who}: </span><p>${linked(body)}</p>${file ? renderFile(words, file) : ''}${
    last && choices ? renderChoices(choices) : ''
  }</article>`
}

/** In the link itself: the page may be in a frame whose cookies a download does not get. */
const renderFile = ({ descargar }: Words, { name, type, data }: FileOut): Html =>
  html`<a class="archivo" download="${name}" href="data:${type};base64,${data}">${descargar} ${name}</a>`

function renderChoices(choices: readonly Choice[]): Html {
  return html`<div class="opciones">${choices.map(
    ({ id, label }, i) =>
      html`<button type="submit" form="escribir" name="choice" value="${id}" formnovalidate data-label="${label}"><span aria-hidden="true">${i + 1}</span>${label}</button>`,
  )}</div>`
}

/** Text with its http(s) links made into links, without the sign that ends the sentence; everything else escaped. */
function linked(text: string): Html {
  const parts = text.split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)»])/)
  return html`${parts.map((part, i) =>
    i % 2 === 1 ? html`<a href="${part}" target="_blank" rel="noopener noreferrer">${part}</a>` : part,
  )}`
}

export interface Page {
  readonly words: Words
  readonly lines: readonly Line[]
  readonly version: number
  /** Why a message sent without script was not taken. */
  readonly trouble?: string
  readonly plantel: string
  readonly embedded: boolean
  /** Names the message that the form sends, for a browser without script. */
  readonly nextId: string
}

export function renderPage({ words, lines, version, trouble, plantel, embedded, nextId }: Page): Html {
  const { tu, guia, escribiendo, sinConexion, otraVez, foto, archivo, voz } = words
  return html`<!doctype html>
<html lang="es-MX">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">
<meta name="description" content="${words.descripcion}">
<meta name="theme-color" content="#f6f3f1" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#171315" media="(prefers-color-scheme: dark)">
<title>${words.titulo}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/chat.css">
<script src="/chat.js" type="module"></script>
</head>
<body>
<header><h1>${words.titulo}</h1><p>${words.lema}</p>${embedded ? renderWayOut(words, plantel) : ''}</header>
<main>
<div id="platica" role="log" aria-live="polite" aria-label="${words.conversacion}" tabindex="0" data-version="${version}">${renderLines(words, lines)}</div>
<p id="estado" role="status">${trouble}</p>
<form id="escribir" method="post" action="/mensaje" autocomplete="off">
<input type="hidden" name="id" value="${nextId}">
<input type="hidden" name="plantel" value="${plantel}">
<label for="texto" class="oculto">${words.escribe}</label>
<textarea id="texto" name="text" rows="1" maxlength="100000" placeholder="${words.escribe}" enterkeyhint="send" required></textarea>
<button type="submit" class="enviar" aria-label="${words.enviar}"><svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true"><path fill="currentColor" d="M3 20.5 21 12 3 3.5v6.6l11 1.9-11 1.9z"/></svg></button>
${lines.length === 0 ? renderStart(words) : ''}
</form>
</main>
<script type="application/json" id="palabras">${raw(json({ tu, guia, escribiendo, sinConexion, otraVez, foto, archivo, voz }))}</script>
</body>
</html>`
}

/** A frame is narrow, and a browser may refuse it the cookie. */
function renderWayOut({ aparte }: Words, plantel: string): Html {
  return html`<a href="${pathOf(plantel)}" target="_blank" rel="noopener">${aparte}</a>`
}

/** Where the script would ask for the greeting by itself. Comes after the box, whose empty text it takes the place of. */
function renderStart({ empezar }: Words): Html {
  return html`<noscript><button type="submit" class="empezar" name="text" value="/start" formnovalidate>${empezar}</button></noscript>`
}

/** The page of a school's own students. */
export const pathOf = (plantel: string) => (plantel ? `/?plantel=${encodeURIComponent(plantel)}` : '/')

/** JSON that may stand inside a script element. */
const json = (value: unknown) => JSON.stringify(value).replaceAll('<', '\\u003c')
