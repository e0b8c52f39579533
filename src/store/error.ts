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

  /** The database itself said no, so nothing was written; a connection that broke (08, 57) leaves that open. */
  get refused(): boolean {
    return /^(?!08|57)[0-9A-Z]{5}$/.test(this.code)
  }
}

export async function guard<T>(action: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new StoreError(action, error)
  }
}
