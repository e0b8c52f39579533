/**
 * One line on a school's own page: <script src="https://…/embed.js" data-plantel="cecyt-6" async></script>
 * It puts a button in the corner that opens the chat in a frame. Nothing of the school's page is read or sent.
 */
const script = document.currentScript
const origin = new URL(script.src).origin
const plantel = script.dataset.plantel ?? ''

const host = document.createElement('div')
const root = host.attachShadow({ mode: 'closed' })
root.innerHTML = `<style>
  button { position: fixed; right: 16px; bottom: 16px; z-index: 2147483000; min-height: 48px; padding: 0 20px;
    border: 0; border-radius: 24px; background: #6c1d45; color: #fff; font: 600 16px system-ui, sans-serif;
    cursor: pointer; box-shadow: 0 2px 10px #0005; }
  button:focus-visible { outline: 3px solid #f0a8c9; outline-offset: 2px; }
  iframe { position: fixed; right: 16px; bottom: 76px; z-index: 2147483000; width: min(400px, calc(100vw - 32px));
    height: min(640px, calc(100vh - 100px)); border: 1px solid #8884; border-radius: 16px; background: #f6f3f1;
    box-shadow: 0 4px 24px #0006; }
  [hidden] { display: none; }
</style><iframe hidden></iframe><button type="button" aria-expanded="false"></button>`
const frame = root.querySelector('iframe')
const button = root.querySelector('button')

const words = fetch(`${origin}/embed.json`).then(response => response.json())
const show = async open => {
  const { abrir, cerrar, titulo } = await words
  if (open && !frame.src) frame.src = `${origin}/?incrustado=1&plantel=${encodeURIComponent(plantel)}`
  frame.title = titulo
  frame.hidden = !open
  button.textContent = open ? cerrar : abrir
  button.setAttribute('aria-expanded', String(open))
  if (open) frame.focus()
}
button.addEventListener('click', () => show(frame.hidden))
addEventListener('keydown', event => {
  if (event.key !== 'Escape' || frame.hidden) return
  show(false)
  button.focus()
})
// Inside the frame Escape is the chat's: it tells us.
addEventListener('message', event => {
  if (event.origin !== origin || event.data !== 'vigente:cerrar') return
  show(false)
  button.focus()
})
show(false)
document.body.append(host)
