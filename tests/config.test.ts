import { describe, expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'

/** The lines of what is thrown, without the first. */
function faultsOf(environment: Record<string, string>): string[] {
  try {
    readConfig(environment)
  } catch (error) {
    return (error as Error).message.split('\n').slice(1)
  }
  return []
}

describe('the environment', () => {
  test('may be empty, and so may each variable', () => {
    const bare = { port: 3000, logLevel: 'info' }
    expect(readConfig({})).toEqual(bare)
    expect(readConfig({ PORT: '', DATA_DIR: '', DATABASE_URL: '', LOG_LEVEL: '' })).toEqual(bare)
  })

  test('is read', () => {
    expect(readConfig({ PORT: '0', DATA_DIR: 'here', LOG_LEVEL: 'silent' })).toEqual({
      port: 0,
      dataDir: 'here',
      logLevel: 'silent',
    })
    const databaseUrl = 'postgresql://u:p@host/db'
    expect(readConfig({ DATABASE_URL: databaseUrl, SOMETHING: 'else' }).databaseUrl).toBe(databaseUrl)
  })

  test.each(['abc', '-1', '65536', '3000.5', '1e3', '0x10', ' ', '999999'])('has no port %j', PORT => {
    expect(faultsOf({ PORT })).toEqual(['  PORT: a port, 0 to 65535'])
  })

  test('tells all its faults, each by its name, and no value', () => {
    const faults = faultsOf({
      PORT: 'secret-port',
      DATA_DIR: 'secret-dir',
      DATABASE_URL: 'mysql://user:secret@host/db',
      LOG_LEVEL: 'secret-level',
    })
    expect(faults.map(fault => fault.trim().split(': ')[0])).toEqual([
      'PORT',
      'DATABASE_URL',
      'LOG_LEVEL',
      'DATA_DIR, DATABASE_URL',
    ])
    expect(faults.join()).not.toMatch(/secret|mysql|user/)
  })

  test('has one database, not two', () => {
    const both = { DATA_DIR: 'here', DATABASE_URL: 'postgres://host/db' }
    expect(faultsOf(both)).toEqual(['  DATA_DIR, DATABASE_URL: give one of them, not both'])
  })
})
