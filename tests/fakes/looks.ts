/** Waiting for what comes to be seen on a fake platform: each fake has one, says when something changed, and hands on `waitFor`. */

export class Looks {
  readonly #looks = new Set<() => void>()
  #soon = false

  /** Resolves to what `look` sees as soon as it sees anything; it looks whenever something changed. */
  waitFor<Seen>(look: () => Seen | undefined | null | false, timeoutMs = 10_000): Promise<Seen> {
    // Made here, so that its stack says who waited.
    const late = new Error(`not seen within ${timeoutMs} ms`)
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer)
        this.#looks.delete(again)
      }
      const timer = setTimeout(() => {
        end()
        reject(late)
      }, timeoutMs)
      const again = () => {
        try {
          const seen = look()
          if (seen === undefined || seen === null || seen === false) return
          end()
          resolve(seen)
        } catch (error) {
          end()
          reject(error)
        }
      }
      this.#looks.add(again)
      again()
    })
  }

  /** The same without a limit. */
  until(look: () => boolean): Promise<void> {
    return new Promise(resolve => {
      const again = () => {
        if (!look()) return
        this.#looks.delete(again)
        resolve()
      }
      this.#looks.add(again)
      again()
    })
  }

  now(): void {
    for (const look of [...this.#looks]) look()
  }

  /** Many changes at once are looked at once. */
  soon(): void {
    if (this.#soon || !this.#looks.size) return
    this.#soon = true
    setImmediate(() => {
      this.#soon = false
      this.now()
    })
  }
}
