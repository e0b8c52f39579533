/**
 * The page that Chromium shows in place of WhatsApp Web: what whatsapp-web.js asks of the real one by `window.require`.
 * It holds nothing of its own but the session's token: the world is in the test's process (../whatsapp-web.ts), which
 * tells by events and is asked by POST. `writePage` puts it into a file with `window.fakeWhatsApp` before it.
 */
;(() => {
  const { root, version } = window.fakeWhatsApp
  const page = crypto.randomUUID()

  /** What goes wrong there is thrown here. */
  async function ask(what, body = {}) {
    const response = await fetch(`${root}/${what}`, {
      method: 'POST',
      body: JSON.stringify({ page, ...body }),
    })
    const answer = await response.json()
    if (answer.error) throw new Error(answer.error)
    return answer
  }

  // ---- models: as the real ones, they serialise without their handlers ----

  class Emitter {
    #handlers = []

    on(names, handler) {
      for (const name of names.split(' ')) this.#handlers.push({ name, handler })
      this.trigger('heard', this)
      return this
    }

    off(name, handler) {
      this.#handlers = this.#handlers.filter(one => one.name !== name || one.handler !== handler)
    }

    once(name, handler) {
      const once = (...args) => {
        this.off(name, once)
        handler(...args)
      }
      return this.on(name, once)
    }

    trigger(name, ...args) {
      for (const one of this.#handlers.filter(one => one.name === name)) one.handler(...args)
    }

    /** Resolves once somebody listens for it. */
    heard(name) {
      return new Promise(resolve => {
        const look = () => {
          if (!this.#handlers.some(one => one.name === name)) return
          this.off('heard', look)
          resolve()
        }
        this.on('heard', look)
      })
    }
  }

  /** An object in what `evaluate` gives back, a text in what an exposed function is called with: both are met. */
  class Wid {
    constructor(text) {
      const [, user, server] = /^([\w.:-]+)@([\w.]+)$/.exec(text) ?? []
      if (!server) throw new Error('wid error: invalid wid')
      this.server = server
      this.user = user
      this._serialized = text
    }
    isLid() {
      return this.server === 'lid'
    }
    isGroup() {
      return this.server === 'g.us'
    }
    isStatus() {
      return this._serialized === 'status@broadcast'
    }
    toString() {
      return this._serialized
    }
    toJSON() {
      return this._serialized
    }
  }

  const createWid = like => (like instanceof Wid ? like : new Wid(like?._serialized ?? like))

  class MsgKey {
    constructor({ from, to, id, participant, selfDir }) {
      this.fromMe = selfDir === 'out'
      this.remote = this.fromMe ? to : from
      this.id = id
      if (participant) this.participant = participant
      const author = participant ? `_${participant}` : ''
      this._serialized = `${this.fromMe}_${this.remote}_${id}${author}`
    }
    static async newId() {
      const bytes = crypto.getRandomValues(new Uint8Array(9))
      return `3EB0${[...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')}`.toUpperCase()
    }
    static of({ fromMe, remote, id, participant }) {
      const wid = createWid(remote)
      const selfDir = fromMe ? 'out' : 'in'
      return new MsgKey({
        from: wid,
        to: wid,
        id,
        participant: participant && createWid(participant),
        selfDir,
      })
    }
    toString() {
      return this._serialized
    }
  }

  class MsgModel extends Emitter {
    constructor(fields) {
      super()
      Object.assign(this, fields)
    }
    static told({ id, from, to, author, ...fields }, isNewMsg) {
      const wids = { from: createWid(from), to: createWid(to), ...(author && { author: createWid(author) }) }
      return new MsgModel({ ...fields, ...wids, id: MsgKey.of(id), isNewMsg })
    }
    serialize() {
      return { ...this }
    }
    toJSON() {
      return this.serialize()
    }
    unsafe() {
      return this
    }
    msgContextInfo() {
      return { quotedStanzaID: this.id.id, quotedParticipant: this.from }
    }
  }

  class ChatModel extends Emitter {
    #msgs = []
    constructor({ id, t, unreadCount, seq, subject }) {
      super()
      const wid = createWid(id)
      Object.assign(this, {
        id: wid,
        t,
        unreadCount,
        seq,
        name: subject,
        formattedTitle: subject ?? wid.user,
      })
      Object.assign(this, { archive: false, mute: { expiration: 0 } })
      if (wid.isGroup()) this.groupMetadata = { announce: false, serialize: () => ({ participants: [] }) }
    }
    get msgs() {
      return { getModelsArray: () => [...this.#msgs] }
    }
    hold(msg) {
      if (this.#msgs.some(({ id }) => id._serialized === msg.id._serialized)) return
      this.#msgs.push(msg)
      this.#msgs.sort((one, other) => (one.seq ?? Infinity) - (other.seq ?? Infinity))
    }
    /** The newest that the page knows: what is marked as read with the chat. */
    reach(seq) {
      this.seq = Math.max(this.seq, seq)
    }
    setUnread(count) {
      if (count === this.unreadCount) return
      this.unreadCount = count
      Chat.trigger('change:unreadCount', this, count)
    }
    serialize() {
      const { groupMetadata: _, ...fields } = this
      return { ...fields, msgs: this.msgs.getModelsArray() }
    }
    toJSON() {
      const { id, t, unreadCount } = this
      return { id, t, unreadCount }
    }
  }

  // ---- collections ----

  const messages = new Map()
  /** Acks may overtake the answer that their message was taken. */
  const earlyAcks = new Map()
  const Msg = Object.assign(new Emitter(), {
    modelClass: MsgModel,
    get: id => messages.get(String(id)),
    getMessagesById: async ids => {
      const { messages: told } = await ask('messages', { ids: ids.map(String) })
      return { messages: told.map(one => hold(one)) }
    },
  })
  const chats = new Map()
  const Chat = Object.assign(new Emitter(), {
    get: id => chats.get(String(id)),
    getModelsArray: () => [...chats.values()],
  })

  function keepChat(told) {
    const known = chats.get(told.id)
    if (known) {
      known.reach(told.seq)
      known.setUnread(told.unreadCount)
      return known
    }
    const chat = new ChatModel(told)
    chats.set(told.id, chat)
    if (told.last) hold(told.last)
    return chat
  }

  const chatOf = id => Chat.get(id) ?? keepChat({ id: String(id), t: 0, unreadCount: 0, seq: 0 })

  /** One that is not new: nobody is told. */
  function hold(told) {
    const msg = Msg.get(MsgKey.of(told.id)) ?? MsgModel.told(told, false)
    messages.set(String(msg.id), msg)
    chatOf(msg.id.remote).hold(msg)
    return msg
  }

  function add(msg) {
    messages.set(String(msg.id), msg)
    chatOf(msg.id.remote).hold(msg)
    Msg.trigger('add', msg)
    const acks = earlyAcks.get(String(msg.id)) ?? []
    earlyAcks.delete(String(msg.id))
    // A message is always seen without an ack first.
    for (const ack of acks) setTimeout(() => setAck(msg, ack))
  }

  function setAck(msg, ack) {
    msg.ack = ack
    msg.trigger('change:ack', msg, ack)
    Msg.trigger('change:ack', msg, ack)
    Msg.trigger('change', msg)
  }

  // ---- the connection ----

  const Socket = Object.assign(new Emitter(), {
    state: 'OPENING',
    hasSynced: false,
    logout: () => ask('logout'),
    takeover: () => ask('takeover'),
  })
  const Conn = Object.assign(new Emitter(), { ref: undefined, platform: 'android', pushname: 'Vigente' })
  Conn.serialize = () => ({ ref: Conn.ref, platform: Conn.platform, pushname: Conn.pushname })
  const Cmd = Object.assign(new Emitter(), { refreshQR: () => ask('refresh') })
  let me
  let progress = 0
  const phones = new Map()

  function become(state) {
    if (state === Socket.state) return
    Socket.state = state
    Socket.trigger('change:state', Socket, state)
  }

  const know = mapping => mapping && phones.set(mapping.lid, mapping.phone)

  /** Events that wait until somebody listens. */
  let late

  async function connect({ own, known, chats: told, late: waiting, syncEarly }) {
    me = own
    for (const mapping of known) know(mapping)
    for (const chat of told) keepChat(chat)
    late = waiting
    become('CONNECTED')
    for (progress of [50, 100]) Cmd.trigger('offline_progress_update_from_bridge')
    if (!syncEarly) await Socket.heard('change:hasSynced')
    Socket.hasSynced = true
    Socket.trigger('change:hasSynced', Socket, true)
    await ask('synced')
    if (late.length) await Msg.heard('add')
    const happened = late
    late = undefined
    for (const one of happened) tell(one)
  }

  const telling = {
    ref({ ref }) {
      Conn.ref = ref
      Conn.trigger('change:ref', Conn, ref)
    },
    state: ({ state }) => become(state),
    async paired({ token }) {
      become('PAIRING')
      await keepToken(token)
      await ask('paired', { token })
    },
    connected: connect,
    logout() {
      Cmd.trigger('logout')
      // The real one adds ?post_logout=1, which whatsapp-web.js would ask of the real server.
      location.replace('/')
    },
    reload: () => location.reload(),
    message({ message, mapping, counts }) {
      know(mapping)
      const chat = chatOf(message.id.remote)
      const isKnown = Msg.get(MsgKey.of(message.id)) !== undefined
      chat.t = message.t
      chat.reach(message.seq)
      add(MsgModel.told(message, true))
      if (counts && !isKnown) chat.setUnread(chat.unreadCount + 1)
    },
    edit({ id, text, at }) {
      const msg = Msg.get(id)
      if (!msg) return
      const field = msg.type === 'chat' ? 'body' : 'caption'
      const before = msg[field]
      Object.assign(msg, { [field]: text, latestEditSenderTimestampMs: at })
      Msg.trigger(`change:${field}`, msg, text, before)
      Msg.trigger('change', msg)
    },
    ack({ id, ack }) {
      const msg = Msg.get(id)
      if (msg) setAck(msg, ack)
      else earlyAcks.set(id, [...(earlyAcks.get(id) ?? []), ack])
    },
    vote({ id, poll, from, at, options }) {
      const vote = { id: MsgKey.of(id), pollUpdateParentKey: MsgKey.of(poll), t: at, senderTimestampMs: at }
      const votes = [{ ...vote, from: createWid(from), selectedOptionLocalIds: options }]
      void modules.WAWebAddonPollVoteTableMode.pollVoteTableMode.bulkUpsert(votes)
    },
    reaction({ id, to, from, at, text }) {
      const reaction = { id: MsgKey.of(id), reactionParentKey: MsgKey.of(to), reactionTimestamp: at }
      const reactions = [{ ...reaction, from: createWid(from), reactionText: text, ack: 1, read: false }]
      void modules.WAWebAddonReactionTableMode.reactionTableMode.bulkUpsert(reactions)
    },
    seen: ({ chat }) => chatOf(chat).setUnread(0),
  }

  const waits = new Set(['message', 'edit', 'vote', 'reaction'])

  function tell(happening) {
    if (late?.length && waits.has(happening.kind)) late.push(happening)
    else void telling[happening.kind](happening)
  }

  // ---- the session, in the browser's profile. Not localStorage: a killed browser would not have written it yet ----

  async function withTokens(mode, work) {
    const open = indexedDB.open('session', 1)
    open.onupgradeneeded = () => open.result.createObjectStore('tokens')
    await new Promise((resolve, reject) => {
      open.onsuccess = resolve
      open.onerror = () => reject(open.error)
    })
    const transaction = open.result.transaction('tokens', mode, { durability: 'strict' })
    const request = work(transaction.objectStore('tokens'))
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve
      transaction.onabort = () => reject(transaction.error)
    })
    open.result.close()
    return request.result
  }

  const readToken = () => withTokens('readonly', tokens => tokens.get('token'))
  const keepToken = token => withTokens('readwrite', tokens => tokens.put(token, 'token'))

  async function start() {
    const query = new URLSearchParams({ page, token: (await readToken()) ?? '' })
    const events = new EventSource(`${root}/events?${query}`)
    events.onmessage = ({ data }) => tell(JSON.parse(data))
  }

  // ---- sending ----

  /** As it goes over the wire: ids as text, and nothing that lives only here. */
  const wired = ({ mediaBlob: _, renderableUrl: __, ...fields }) => JSON.parse(JSON.stringify(fields))

  function addAndSendMsgToChat(chat, fields) {
    const msg = new MsgModel(fields)
    const acked = new Promise(resolve => {
      msg.once('change:ack', () => resolve({ messageSendResult: 'OK', t: msg.t }))
    })
    const added = ask('send', { message: wired(fields) }).then(({ seq }) => {
      msg.seq = seq
      chat.t = msg.t
      add(msg)
    })
    return [added, added.then(() => acked)]
  }

  const mediaObjects = new Map()

  class OpaqueData {
    #blob
    constructor(blob) {
      this.#blob = blob
    }
    static async createFromData(blob) {
      return new OpaqueData(blob)
    }
    get blob() {
      return this.#blob
    }
    url() {
      return 'blob:none'
    }
    autorelease() {}
    formData() {
      return this.#blob
    }
  }

  class MediaData {
    constructor(fields) {
      Object.assign(this, fields)
    }
    set(fields) {
      Object.assign(this, fields)
    }
    toJSON() {
      const { mediaBlob: _, renderableUrl: __, ...fields } = this
      return fields
    }
  }

  async function prepare(opaque, { asDocument, isPtt, asSticker }) {
    const { blob } = opaque
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()))
    const filehash = btoa(String.fromCharCode(...hash))
    const sort = asDocument ? 'document' : asSticker ? 'sticker' : isPtt ? 'ptt' : blob.type.split('/')[0]
    const type = ['document', 'sticker', 'ptt', 'image', 'video', 'audio'].includes(sort) ? sort : 'document'
    const object = { filehash, type, blob, size: blob.size, contentInfo: {}, consolidate() {} }
    mediaObjects.set(filehash, object)
    return new MediaData({ type, mimetype: blob.type, filename: blob.name, filehash, mediaBlob: opaque })
  }

  async function uploadMedia({ mediaObject, mimetype }) {
    const bytes = new Uint8Array(await mediaObject.blob.arrayBuffer())
    const data = btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''))
    const { directPath } = await ask('upload', { data, type: mimetype })
    return { mediaEntry: { directPath, mmsUrl: `https://mmg.whatsapp.net${directPath}`, mediaKey: 'a2V5' } }
  }

  // ---- what the page offers to whatsapp-web.js ----

  async function findOrCreateLatestChat(wid) {
    const { chat } = await ask('chat', { id: String(wid) })
    return { chat: keepChat(chat), created: false }
  }

  async function queryWidExists(wid) {
    const { exists, mapping } = await ask('exists', { id: String(wid) })
    know(mapping)
    return exists ? { wid } : null
  }

  async function loadEarlierMsgs({ chat }) {
    const [oldest] = chat.msgs.getModelsArray()
    const { messages: told } = await ask('earlier', { chat: String(chat.id), before: oldest?.seq })
    return told.map(hold)
  }

  async function sendSeen({ chat }) {
    if (chat.unreadCount === 0) return
    const { seq } = chat
    chat.setUnread(0)
    await ask('seen', { chat: String(chat.id), seq })
  }

  const toPhone = wid => (phones.has(String(wid)) ? createWid(phones.get(String(wid))) : undefined)
  const toLid = wid => {
    const [lid] = [...phones].find(([, phone]) => phone === String(wid)) ?? []
    return lid && createWid(lid)
  }
  const typing = state => wid => ask('typing', { chat: String(wid), state })
  const keyPair = { pubKey: new Uint8Array(32).fill(7) }
  const findLinks = text => (text?.match(/https?:\/\/\S+/g) ?? []).map(href => ({ href }))

  const modules = {
    WAWebSocketModel: { Socket },
    WAWebConnModel: { Conn },
    WAWebCmd: { Cmd },
    WAWebCollections: { Msg, Chat, Contact: new Emitter(), GroupMetadata: { update: async () => {} } },
    WAWebOfflineHandler: { OfflineMessageHandler: { getOfflineDeliveryProgress: () => progress } },
    WAWebStreamModel: { Stream: { markAvailable() {}, markUnavailable() {} } },
    WAWebPresenceChatAction: { sendPresenceAvailable() {}, sendPresenceUnavailable() {} },
    WAWebSyncGatingUtils: {},
    WAWebCallCollection: { calls: new Map(), on() {} },

    WAWebAltDeviceLinkingApi: {},
    WAWebAdvSignatureApi: {},
    WAWebSignalStoreApi: {
      waSignalStore: { getRegistrationInfo: async () => ({ identityKeyPair: keyPair }) },
    },
    WAWebUserPrefsInfoStore: { waNoiseInfo: { get: async () => ({ staticKeyPair: keyPair }) } },
    WAWebUserPrefsMultiDevice: { getADVSecretKey: () => 'QURW' },
    WAWebCompanionRegClientUtils: { DEVICE_PLATFORM: '1' },
    WABase64: { encodeB64: bytes => btoa(String.fromCharCode(...bytes)) },
    WAWebUserPrefsMeUser: {
      getMaybeMePnUser: () => me && createWid(me.phone),
      getMaybeMeLidUser: () => me && createWid(me.lid),
    },

    WAWebWidFactory: { createWid, createWidFromWidLike: createWid, asUserWidOrThrow: createWid },
    WAWebMsgKey: MsgKey,
    WAWebApiContact: { getPhoneNumber: toPhone, getCurrentLid: toLid },
    WAWebLidMigrationUtils: { toPn: wid => (wid.isLid() ? toPhone(wid) : wid) },
    WAWebQueryExistsJob: { queryWidExists },

    WAWebFindChatAction: { findOrCreateLatestChat },
    WAWebChatLoadMessages: { loadEarlierMsgs },
    WAWebChatGetters: { getIsNewsletter: () => false, getIsBroadcast: () => false },
    WAWebUpdateUnreadChatAction: { sendSeen },
    WAWebChatStateBridge: {
      sendChatStateComposing: typing('composing'),
      sendChatStatePaused: typing('paused'),
      sendChatStateRecording: typing('recording'),
    },

    WAWebSendMsgChatAction: { addAndSendMsgToChat },
    WAWebMsgReply: { canReplyMsg: () => true },
    WAWebGetEphemeralFieldsMsgActionsUtils: { getEphemeralFields: () => ({}) },
    WAWebAddonPollVoteTableMode: { pollVoteTableMode: { bulkUpsert: async () => {} } },
    WAWebAddonReactionTableMode: { reactionTableMode: { bulkUpsert: async () => {} } },
    WALinkify: { findLinks, findLink: text => findLinks(text)[0] ?? null },
    WAWebLinkPreviewChatAction: { getLinkPreview: async () => undefined },
    WAWebNonMessageDataRequestPlaceholderMessageResendUtils: { handlePlaceholderMsgsSeen() {} },

    WAWebMediaOpaqueData: OpaqueData,
    WAWebPrepRawMedia: {
      prepRawMedia: (opaque, how) => ({ waitForPrep: () => prepare(opaque, how) }),
    },
    WAWebMediaStorage: { getOrCreateMediaObject: filehash => mediaObjects.get(filehash) },
    WAWebMmsMediaTypes: { msgToMediaType: ({ type }) => type, castToV4: type => type },
    WAWebMediaDataUtils: { shouldUseMediaCache: () => false },
    WAWebMediaMmsV4Upload: { uploadMedia },
  }

  window.require = name => {
    if (!Object.hasOwn(modules, name)) throw new Error(`Requiring unknown module "${name}"`)
    return modules[name]
  }
  window.Debug = { VERSION: version }
  void start()
})()
