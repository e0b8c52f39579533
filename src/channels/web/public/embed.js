/**
 * One line on a school's own page: <script src="https://…/embed.js" data-plantel="cecyt-6" async></script>
 * It puts a button in the corner that opens the chat in a frame. Nothing of the school's page is read or sent.
 */
{
  // The braces keep these names out of the school's own scripts.
  const { src, dataset } = document.currentScript
  const { origin } = new URL(src)
  const query = new URLSearchParams({ incrustado: '1', plantel: dataset.plantel ?? '' })

  const host = document.createElement('div')
  const root = host.attachShadow({ mode: 'open' })
  // Not a style element, which a school's Content-Security-Policy may forbid.
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(`
    button { position: fixed; right: 16px; bottom: 16px; z-index: 2147483000; min-height: 48px; padding: 0 20px;
      border: 0; border-radius: 24px; background: #6c1d45; color: #fff; font: 600 16px system-ui, sans-serif;
      cursor: pointer; box-shadow: 0 2px 10px #0005; }
    button:focus-visible { outline: 3px solid #f0a8c9; outline-offset: 2px; }
    iframe { position: fixed; right: 16px; bottom: 76px; z-index: 2147483000; width: min(400px, calc(100vw - 32px));
      height: min(640px, calc(100dvh - 92px)); border: 1px solid #8884; border-radius: 16px; background: #f6f3f1;
      box-shadow: 0 4px 24px #0006; }
    [hidden] { display: none; }
    @media (max-width: 480px) {
      iframe { inset: 0 0 auto; width: 100vw; height: calc(100dvh - 64px); border: 0; border-radius: 0; }
      button { bottom: 8px; }
    }`)
  root.adoptedStyleSheets = [sheet]
  root.innerHTML = '<button type="button"></button><iframe hidden></iframe>'
  const [button, frame] = root.children

  const show = ({ abrir, cerrar }, open) => {
    if (open && !frame.src) frame.src = `${origin}/?${query}`
    frame.hidden = !open
    button.textContent = open ? cerrar : abrir
    button.setAttribute('aria-expanded', String(open))
    const next = open ? frame : button
    next.focus()
  }

  const start = words => {
    const close = () => !frame.hidden && show(words, false)
    frame.title = words.titulo
    show(words, false)
    button.addEventListener('click', () => show(words, frame.hidden))
    addEventListener('keydown', event => event.key === 'Escape' && close())
    // Inside the frame Escape is the chat's: it tells us.
    addEventListener('message', event => {
      if (event.source === frame.contentWindow && event.data === 'vigente:cerrar') close()
    })
    document.body.append(host)
  }
  fetch(`${origin}/embed.json`)
    .then(response => response.json())
    .then(start)
    .catch(() => {
      // The chat is away: the school's page stays as it is.
    })
}
