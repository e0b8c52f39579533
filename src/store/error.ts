/** What every part of the store throws in place of the driver's errors, which quote what people wrote. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  /** PostgreSQL's SQLSTATE or the system's code (ECONNREFUSED). */
  readonly code: string
  constructor(action: string, error: unknown) {
    const { code = 'unknown', constraint } = error as { code?: string; constraint?: string }
    super(`store: ${action} failed: ${[code, constraint].filter(Boolean).join(' ')}`)
    this.code = code
  }

  /** The database itself said no, so nothing was written; a broken connection leaves that open. */
  get refused(): boolean {
    return /^[0-9A-Z]{5}$/.test(this.code) && !this.code.startsWith('08') && !this.code.startsWith('57')
  }
}
