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

let version = Number(log.dataset.version)
/** Messages not yet acknowledged, oldest first. Kept in the browser: a reload must not lose them. */
const unsent = readUnsent()
let working = false
let failures = 0

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
  disableChoices()
  const line = document.createElement('li')
  line.className = 'persona espera'
  line.dataset.id = id
  const who = document.createElement('span')
  who.className = 'quien'
  who.textContent = `${words.tu}: `
  const text = document.createElement('p')
  text.textContent = label
  line.append(who, text)
  log.append(line)
  scroll()
}

function disableChoices() {
  for (const button of log.querySelectorAll('.opciones button')) button.disabled = true
}

const scroll = () => {
  log.scrollTop = log.scrollHeight
}

/** Sends what waits, one at a time, then asks for what came meanwhile; after a failure again, ever later. */
async function work() {
  if (working) return
  working = true
  try {
    while (unsent.length > 0) await send(unsent[0])
    failures = 0
    status.textContent = ''
  } catch {
    const wait = retryMs[Math.min(failures++, retryMs.length - 1)]
    status.textContent = navigator.onLine ? words.otraVez : words.sinConexion
    setTimeout(work, wait)
  } finally {
    working = false
  }
}

async function send({ label, ...message }) {
  const typing = setTimeout(() => {
    status.textContent = words.escribiendo
  }, 300)
  let response
  try {
    response = await fetch('/mensaje', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ ...message, plantel }),
    })
  } finally {
    clearTimeout(typing)
  }
  const waits = response.status === 429 || response.status >= 500
  const answer = await response.json()
  if (waits && !answer.html) throw new Error('later')
  if (response.status === 429) {
    status.textContent = answer.text
    await new Promise(done => setTimeout(done, 3000))
    throw new Error('later')
  }
  unsent.shift()
  keepUnsent()
  log.querySelector(`[data-id="${message.id}"]`)?.classList.remove('espera')
  status.textContent = ''
  // Another tab or an earlier try went ahead: what the log lacks is asked for whole.
  if (answer.version === version + 1 || answer.version === 0 || answer.version === undefined) put(answer)
  else await catchUp()
}

function put({ html, version: next, text }) {
  if (next !== undefined) version = next
  const before = log.children.length
  if (html) log.insertAdjacentHTML('beforeend', html)
  else if (text) status.textContent = text
  focusNew(before)
  showFrom(before)
}

/** Begins at what was asked, so that a long answer is read from its first line. */
function showFrom(index) {
  const first = log.children[index]
  if (!first) return scroll()
  const asked = first.previousElementSibling
  const top = asked?.className === 'persona' && asked.offsetHeight < log.clientHeight / 3 ? asked : first
  log.scrollTop = top.offsetTop - log.offsetTop - 8
}

/** Whoever presses buttons by keyboard is taken along to what came. */
function focusNew(before) {
  const news = [...log.children].slice(before)
  const pressed = document.activeElement === document.body || document.activeElement?.closest?.('.opciones')
  if (news.length > 0 && pressed && log.dataset.keyboard) news[0].focus({ preventScroll: true })
}

async function catchUp() {
  const response = await fetch(`/historia?despues=${version}`, { headers: { accept: 'application/json' } })
  if (!response.ok) throw new Error('later')
  const news = await response.json()
  if (news.version < version) {
    // The conversation was deleted and begun anew somewhere else.
    version = 0
    log.replaceChildren()
    return catchUp()
  }
  if (news.version === version) return
  // Lines of mine that the answer brings again.
  for (const line of log.querySelectorAll('[data-id]:not(.espera)')) line.remove()
  disableChoices()
  put(news)
  for (const line of log.querySelectorAll('.espera')) log.append(line)
}

function listen() {
  const events = new EventSource('/eventos')
  events.onmessage = async ({ data }) => {
    while (working) await new Promise(done => setTimeout(done, 50))
    if (Number(data) === version) return
    working = true
    await catchUp().catch(() => {})
    working = false
    work()
  }
  // The browser tries again by itself, except after an answer that is no stream.
  events.onerror = () => {
    if (events.readyState !== EventSource.CLOSED) return
    setTimeout(listen, 3000)
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
addEventListener('dragover', event => event.preventDefault())
addEventListener('drop', event => {
  event.preventDefault()
  addFiles(event.dataTransfer?.files ?? [])
})
addEventListener('paste', event => addFiles(event.clipboardData?.files ?? []))

addEventListener('keydown', () => {
  log.dataset.keyboard = 'si'
})
addEventListener('pointerdown', () => {
  delete log.dataset.keyboard
})
addEventListener('online', () => {
  failures = 0
  work()
})

for (const message of unsent) showWaiting(message)
if (version === 0 && unsent.length === 0) add({ text: '/start' })
else work()
listen()
scroll()

if (parent !== window)
  addEventListener('keydown', event => {
    if (event.key === 'Escape') parent.postMessage('vigente:cerrar', '*')
  })
