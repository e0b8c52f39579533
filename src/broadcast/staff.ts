/**
 * Who of the school's staff may do what: members come by an invitation that is good once, and every action is in a log
 * that cannot be edited. `broadcasts.ts` asks it before each action; the desk and the command line sign people in.
 */
import { randomBytes } from 'node:crypto'
import type { ChannelName } from '../message.ts'
import type { LogLine, LogState } from '../store/log.ts'
import type { Rol } from '../store/migrations.ts'
import type { MemberRow, Members, Outcome } from '../store/staff.ts'

/** What may be done. `parar`: pause, go on, cancel. */
export const actions = [
  'ver',
  'escribir',
  'probar',
  'enviar',
  'confirmar',
  'parar',
  'personal',
  'bitacora',
] as const
export type Action = (typeof actions)[number]

/** Who writes does not send, and who sends does not write; an owner does both, and looks after the others. */
export const allowed: Readonly<Record<Rol, readonly Action[]>> = {
  reader: ['ver'],
  editor: ['ver', 'escribir', 'probar'],
  sender: ['ver', 'probar', 'enviar', 'confirmar', 'parar'],
  owner: actions,
}

export interface Member {
  readonly id: number
  readonly nombre: string
  readonly rol: Rol
}

/** Where a member writes from; `chat` hashed, `to` as the channel's adapter gave it. */
export interface Desk {
  readonly chat: string
  readonly channel: ChannelName
  readonly to: string
}

/**
 * What was asked for cannot be done, and nothing was changed. `reason` is a key of content/personal.yaml under `no`, with
 * the values of its gaps.
 */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly reason: string
  readonly values: Readonly<Record<string, string>>
  constructor(reason: string, values: Readonly<Record<string, string>> = {}) {
    super(reason)
    this.reason = reason
    this.values = values
  }
}

/** Told once: only its hash is kept. */
export interface Code {
  /** `K7Q-2M9-XDA` */
  readonly code: string
  readonly until: Date
}

/** What is asked of a member who is none any more, or whose role does not allow it, is Refused (`rol`) and logged. */
export interface Staff {
  /**
   * The member as they are now. `broadcasts.ts` asks it before each action: a role may have been taken since they signed
   * in.
   */
  admit(by: Member, action: Action): Promise<Member>
  /** A new member; without `by`, the first owner: only while there is none (`instalado`). */
  invite(by: Member | null, rol: Rol, nombre: string): Promise<Code>
  /** Brought to a chat or a command line, it leads to the same member from there, and no longer from where it did. */
  link(by: Member): Promise<Code>
  /**
   * With a desk, that chat is the member's from now on; without, the command line gets the key to keep. Refused: `codigo`
   * (wrong, used, old, all the same), `intentos`, `ya-miembro`.
   */
  join(code: string, desk?: Desk): Promise<{ readonly member: Member; readonly key?: string }>
  byChat(chat: string): Promise<Member | undefined>
  byKey(key: string): Promise<Member | undefined>
  /** From which members write, hashed: the desk need not ask of everybody else. */
  chats(): Promise<ReadonlySet<string>>
  list(by: Member): Promise<MemberRow[]>
  /** Refused: `nadie`, and `ultimo-owner` where nobody would be left to look after the others. */
  change(by: Member, id: number, rol: Rol): Promise<Member>
  /** Refused as `change`. */
  remove(by: Member, id: number): Promise<void>
  /** The newest `limit`, newest first. */
  log(by: Member, limit: number): Promise<LogLine[]>
  checkLog(by: Member): Promise<LogState>
  /** What the desk awaits of a member in their chat, as it was put there; null: nothing. */
  drafting(by: Member): Promise<object | null>
  draft(by: Member, what: object | null): Promise<void>
}

export interface StaffParts {
  readonly members: Members
  readonly clock: () => Date
}

export function createStaff({ members, clock }: StaffParts): Staff {
  /** As the store asks for it, and what a refusal is told with. */
  const ask = (by: Member, accion: Action, more: Refused['values'] = {}) => ({
    asking: { by, roles: rolesFor(accion), accion, at: clock() },
    values: { rol: by.rol, accion, ...more },
  })
  const admit = async (by: Member, action: Action) => {
    const { asking, values } = ask(by, action)
    return memberOf(settle(await members.admit(asking), values))
  }
  const newCode = () => ({ code: makeCode(), until: new Date(clock().getTime() + codeLifeMs) })

  return {
    admit,
    async invite(by, rol, nombre) {
      const who = { rol, nombre: checkName(nombre) }
      const code = newCode()
      if (!by && rol !== 'owner') throw new Refused('instala')
      if (!by) settle(await members.install(code, who.nombre, clock()))
      else {
        const { asking, values } = ask(by, 'personal')
        settle(await members.invite(asking, code, who), values)
      }
      return { ...code, code: showCode(code.code) }
    },
    async link(by) {
      const { asking, values } = ask(by, 'ver')
      const code = newCode()
      settle(await members.link(asking, code), values)
      return { ...code, code: showCode(code.code) }
    },
    async join(typed, desk) {
      const key = randomBytes(keyBytes).toString('base64url')
      const joining = {
        code: readCode(typed),
        way: desk ?? { key },
        roles: rolesFor('personal'),
        at: clock(),
      }
      const member = memberOf(settle(await members.join(joining)))
      return desk ? { member } : { member, key }
    },
    byChat: async chat => maybeMember(await members.byChat(chat)),
    byKey: async key => maybeMember(await members.byKey(key)),
    chats: () => members.chats(),
    async list(by) {
      await admit(by, 'personal')
      return members.list()
    },
    async change(by, id, rol) {
      const { asking, values } = ask(by, 'personal', { id: String(id) })
      return memberOf(settle(await members.change(asking, id, rol), values))
    },
    async remove(by, id) {
      const { asking, values } = ask(by, 'personal', { id: String(id) })
      settle(await members.remove(asking, id), values)
    },
    async log(by, limit) {
      await admit(by, 'bitacora')
      return members.log(limit)
    },
    async checkLog(by) {
      await admit(by, 'bitacora')
      return members.checkLog()
    },
    drafting: by => members.drafting(by.id),
    draft: (by, what) => members.draft(by.id, what),
  }
}

const codeLifeMs = 48 * 3600_000
const keyBytes = 32
const maxNameChars = 60

const roles = Object.keys(allowed) as Rol[]
const rolesFor = (action: Action) => roles.filter(rol => allowed[rol].includes(action))

function settle<T>(outcome: Outcome<T, string>, values?: Refused['values']): T {
  if ('refused' in outcome) throw new Refused(outcome.refused, values)
  return outcome.done
}

const memberOf = ({ id, nombre, rol }: MemberRow): Member => ({ id, nombre, rol })
const maybeMember = (row: MemberRow | undefined) => row && memberOf(row)

/** It is read by all others, in lists and beside what they do. */
function checkName(nombre: string): string {
  const name = nombre
    .normalize('NFC')
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
  if (name === '' || name.length > maxNameChars) throw new Refused('nombre', { maximo: String(maxNameChars) })
  return name
}

/** Crockford's base32, without look-alikes: 45 bits. Nine signs are neither CURP, RFC, NSS nor phone, which are masked. */
const symbols = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const codeSigns = 9

/** 256 is eight times 32: every sign is as likely. */
const makeCode = () => [...randomBytes(codeSigns)].map(byte => symbols[byte % symbols.length]).join('')
const showCode = (code: string) => code.replace(/...(?=.)/g, '$&-')

/** As somebody may have typed it: any case, apart or together, O for 0, I or L for 1. */
const readCode = (typed: string) =>
  typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1')
