/**
 * The chat's page: sends what is written or pressed, puts in what comes back, and keeps what could not be sent until
 * it can. Every message has an id made here, so that sending it again is safe. The page works without this file too.
 */
const log = document.getElementById('platica')
const form = document.getElementById('escribir')
const box = document.getElementById('texto')
const status = document.getElementById('estado')
const words = JSON.parse(document.getElementById('palabras').textContent)
const plantel = form.elements.plantel.value || undefined
const store = 'vigente.porMandar'
const retryMs = [500, 1000, 2000, 5000, 10_000]

/** The turn up to which the log goes, and the newest that we heard of. */
let version = Number(log.dataset.version)
let newest = version
/** Messages not yet acknowledged, oldest first. Kept in the browser: a reload must not lose them. */
const unsent = readUnsent()
let working = false
let failures = 0
let retry
let events
let byKeyboard = false

function readUnsent() {
  try {
    return JSON.parse(localStorage.getItem(store)) ?? []
  } catch {
    return []
  }
}

function keepUnsent() {
  try {
    localStorage.setItem(store, JSON.stringify(unsent))
  } catch {
    // Private mode or a full disk: then they last as long as the page.
  }
}

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12))
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}

function add(message, label) {
  unsent.push({ id: newId(), label, ...message })
  keepUnsent()
  showWaiting(unsent.at(-1))
  work()
}

function showWaiting({ id, label }) {
  if (!label) return
  const line = addLine('persona espera', words.tu, label)
  line.dataset.id = id
  log.scrollTop = log.scrollHeight
}

/** Nothing can be pressed above it any more: chat.css shows the choices of the last line only. */
function addLine(kind, who, text) {
  const line = document.createElement('article')
  line.className = kind
  line.innerHTML = '<span class="quien"></span><p></p>'
  line.firstChild.textContent = `${who}: `
  line.lastChild.textContent = text
  log.append(line)
  return line
}

/** Sends what waits, one at a time, and asks for what came meanwhile; after a failure again, ever later. */
async function work() {
  if (working) return
  working = true
  const typing = setTimeout(() => {
    if (failures === 0 && unsent.length > 0) status.textContent = words.escribiendo
  }, 300)
  let trouble = ''
  try {
    while (!trouble && (unsent.length > 0 || newest !== version))
      trouble = unsent.length > 0 ? await send(unsent[0]) : await catchUp()
  } catch {
    trouble = navigator.onLine ? words.otraVez : words.sinConexion
  }
  clearTimeout(typing)
  working = false
  status.textContent = trouble
  clearTimeout(retry)
  if (trouble) retry = setTimeout(work, retryMs[Math.min(failures++, retryMs.length - 1)])
  else failures = 0
}

/** Resolves to why it must wait, or '' once it is dealt with. */
async function send({ label, ...message }) {
  const response = await fetch('/mensaje', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ ...message, plantel }),
  })
  const answer = await response.json().catch(() => ({}))
  const handled = response.ok && answer.version !== undefined
  const refused =
    response.status >= 400 && response.status < 500 && ![401, 408, 429].includes(response.status)
  if (!handled && !refused) return answer.text ?? words.otraVez
  unsent.shift()
  keepUnsent()
  const line = log.querySelector(`[data-id="${message.id}"]`)
  line?.classList.remove('espera')
  if (refused) addLine('guia', words.guia, answer.text ?? words.otraVez)
  else if (answer.html && [0, version, version + 1].includes(answer.version)) {
    delete line?.dataset.id
    put(answer)
  } else {
    // Another tab or an earlier try went ahead: the history has this message too.
    newest = answer.version
    if (newest === version) line?.remove()
  }
  return ''
}

/** Before what still waits; version 0 is what is said once all has been deleted. */
function put({ html, version: next }) {
  if (next === 0) log.replaceChildren(...log.querySelectorAll('.espera'))
  version = newest = next
  const waiting = log.querySelector('.espera')
  const last = waiting ? waiting.previousElementSibling : log.lastElementChild
  if (waiting) waiting.insertAdjacentHTML('beforebegin', html)
  else log.insertAdjacentHTML('beforeend', html)
  const first = last ? last.nextElementSibling : log.firstElementChild
  // Whoever presses buttons by keyboard is taken along to what came.
  const on = document.activeElement
  if (byKeyboard && (on === document.body || on?.closest('.opciones'))) first?.focus({ preventScroll: true })
  showFrom(first)
}

/** Begins at what was asked, so that a long answer is read from its first line. */
function showFrom(first, behavior = 'auto') {
  if (!first) return
  const asked = first.previousElementSibling
  const short = asked?.className === 'persona' && asked.offsetHeight < log.clientHeight / 3
  log.scrollTo({ top: (short ? asked : first).offsetTop - log.offsetTop - 8, behavior })
}

async function catchUp() {
  const response = await fetch(`/historia?despues=${version}`, { headers: { accept: 'application/json' } })
  const news = await response.json()
  if (!response.ok) return words.otraVez
  newest = news.version
  if (news.version < version) {
    // All was deleted and begun anew somewhere else.
    version = 0
    log.replaceChildren(...log.querySelectorAll('.espera'))
    return news.version > 0 ? catchUp() : ''
  }
  if (news.version === version) return ''
  // Lines of mine that the history brings again.
  for (const line of log.querySelectorAll('[data-id]:not(.espera)')) line.remove()
  put(news)
  return ''
}

/** Other tabs of the same person; only while somebody looks, since a browser has six connections for all tabs. */
function listen() {
  events?.close()
  if (document.hidden) return
  events = new EventSource('/eventos')
  events.onmessage = ({ data }) => {
    newest = Number(data)
    work()
  }
  // The browser tries again by itself, except after an answer that is no stream.
  events.onerror = ({ target }) => {
    if (target.readyState === EventSource.CLOSED) setTimeout(listen, 3000)
  }
}

form.addEventListener('submit', event => {
  event.preventDefault()
  const choice = event.submitter?.name === 'choice' ? event.submitter : undefined
  if (choice) return add({ choice: choice.value }, choice.dataset.label)
  const text = box.value
  if (text.trim() === '') return box.focus()
  box.value = ''
  add({ text }, text)
})

box.addEventListener('keydown', event => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
  event.preventDefault()
  form.requestSubmit()
})

/** A file is answered kindly; its contents never leave the device. */
function addFiles(files) {
  for (const { type } of [...files].slice(0, 3)) {
    const file = type.startsWith('image/') ? 'photo' : type.startsWith('audio/') ? 'voice' : 'document'
    add({ file }, { photo: words.foto, voice: words.voz, document: words.archivo }[file])
  }
}
for (const name of ['dragover', 'drop'])
  addEventListener(name, event => {
    if (!event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    addFiles(event.dataTransfer.files)
  })
addEventListener('paste', ({ clipboardData }) => {
  // A word processor puts a picture of the text beside the text.
  if (clipboardData && !clipboardData.types.includes('text/plain')) addFiles(clipboardData.files)
})

addEventListener('keydown', event => {
  byKeyboard = true
  // In a frame on a school's page (embed.js).
  if (event.key === 'Escape' && parent !== window) parent.postMessage('vigente:cerrar', '*')
})
addEventListener('pointerdown', () => {
  byKeyboard = false
})
addEventListener('online', work)
document.addEventListener('visibilitychange', listen)

showFrom([...log.querySelectorAll('.persona')].at(-1)?.nextElementSibling, 'instant')
for (const message of unsent) showWaiting(message)
if (version === 0 && unsent.length === 0) add({ text: '/start' })
else work()
listen()
// Not on a phone, where it would bring up the keyboard.
if (matchMedia('(hover: hover) and (pointer: fine)').matches) box.focus({ preventScroll: true })
