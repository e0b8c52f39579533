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

describe('Telegram in the environment', () => {
  const token = { TELEGRAM_BOT_TOKEN: '42:AA-secret_token' }

  test('is off without a token, and asks for updates with one', () => {
    expect(readConfig({}).telegram).toBeUndefined()
    expect(readConfig(token).telegram).toEqual({ token: '42:AA-secret_token' })
  })

  test('has a webhook where both its address and its secret are given', () => {
    const address = { PUBLIC_URL: 'https://seguro.example/', TELEGRAM_WEBHOOK_SECRET: 'secret_1' }
    expect(readConfig({ ...token, ...address }).telegram?.webhook).toEqual({
      publicUrl: 'https://seguro.example',
      secret: 'secret_1',
    })
    expect(readConfig({ ...token, PUBLIC_URL: 'https://seguro.example' }).telegram).toEqual({
      token: '42:AA-secret_token',
    })
  })

  test('may have another Bot API server', () => {
    const telegram = { token: '42:AA-secret_token', apiRoot: 'http://127.0.0.1:8081' }
    expect(readConfig({ ...token, TELEGRAM_API_ROOT: 'http://127.0.0.1:8081/' }).telegram).toEqual(telegram)
  })

  test('tells all its faults, each by its name, and no value', () => {
    const faults = faultsOf({
      TELEGRAM_BOT_TOKEN: 'secret',
      TELEGRAM_API_ROOT: 'ftp://secret',
      TELEGRAM_WEBHOOK_SECRET: 'secret with spaces',
      PUBLIC_URL: 'secret',
    })
    expect(faults.map(fault => fault.trim().split(': ')[0]).toSorted()).toEqual([
      'PUBLIC_URL',
      'TELEGRAM_API_ROOT',
      'TELEGRAM_BOT_TOKEN',
      'TELEGRAM_WEBHOOK_SECRET',
    ])
    expect(faults.join()).not.toContain('secret')
  })

  test('is not given by halves', () => {
    expect(faultsOf({ ...token, TELEGRAM_WEBHOOK_SECRET: 'a' })).toEqual([
      '  PUBLIC_URL: needed with TELEGRAM_WEBHOOK_SECRET: where Telegram finds this server',
    ])
    expect(faultsOf({ TELEGRAM_API_ROOT: 'http://localhost' })).toEqual([
      '  TELEGRAM_BOT_TOKEN: needed with TELEGRAM_API_ROOT',
    ])
  })
})

describe('WhatsApp in the environment', () => {
  const cloud = {
    WHATSAPP_CLOUD_TOKEN: 'EAAsecret',
    WHATSAPP_CLOUD_PHONE_ID: '1234567890',
    WHATSAPP_CLOUD_APP_SECRET: 'secret0123456789abcdef',
    WHATSAPP_CLOUD_VERIFY_TOKEN: 'secret-word',
  }

  test('is off where nothing is said', () => {
    expect(readConfig({ WHATSAPP_WEB: '0', CHROME_PATH: '/nowhere' })).toEqual(readConfig({}))
  })

  test('is official where all that Meta gave is there', () => {
    expect(readConfig({ ...cloud, WHATSAPP_CLOUD_API_ROOT: 'http://127.0.0.1:1/' }).whatsappCloud).toEqual({
      token: 'EAAsecret',
      phoneId: '1234567890',
      appSecret: 'secret0123456789abcdef',
      verifyToken: 'secret-word',
      apiRoot: 'http://127.0.0.1:1',
    })
    expect(faultsOf({ WHATSAPP_CLOUD_TOKEN: 'EAAsecret' })).toEqual([
      '  WHATSAPP_CLOUD_PHONE_ID: needed with WHATSAPP_CLOUD_TOKEN',
      '  WHATSAPP_CLOUD_APP_SECRET: needed with WHATSAPP_CLOUD_TOKEN',
      '  WHATSAPP_CLOUD_VERIFY_TOKEN: needed with WHATSAPP_CLOUD_TOKEN',
    ])
  })

  test('tells all its faults, each by its name, and no value', () => {
    const faults = faultsOf({
      WHATSAPP_CLOUD_TOKEN: 'a hidden one',
      WHATSAPP_CLOUD_PHONE_ID: '+52 hidden',
      WHATSAPP_CLOUD_APP_SECRET: 'hidden',
      WHATSAPP_CLOUD_VERIFY_TOKEN: 'hidden',
      WHATSAPP_CLOUD_API_ROOT: 'hidden',
      WHATSAPP_WEB: 'hidden',
    })
    expect(faults.map(fault => fault.trim().split(': ')[0])).toEqual([
      ...Object.keys(cloud),
      'WHATSAPP_CLOUD_API_ROOT',
      'WHATSAPP_WEB',
    ])
    expect(faults.join()).not.toContain('hidden')
  })

  test('is unofficial with a browser that is there', () => {
    expect(readConfig({ WHATSAPP_WEB: '1', CHROME_PATH: process.execPath }).whatsappWeb).toEqual({
      chromePath: process.execPath,
    })
    expect(faultsOf({ WHATSAPP_WEB: '1' })).toEqual([
      '  CHROME_PATH: needed with WHATSAPP_WEB: where Chrome or Chromium is',
    ])
    expect(faultsOf({ WHATSAPP_WEB: '1', CHROME_PATH: '/nowhere/chrome' })).toEqual([
      '  CHROME_PATH: there is no such file: where Chrome or Chromium is',
    ])
  })
})
