/** The model as `npm run model` has stored it, for whoever calls `createUnderstanding`; undefined where there is none. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const modelPath = fileURLToPath(new URL('./model.bin', import.meta.url))

export const loadModel = (): Uint8Array | undefined =>
  existsSync(modelPath) ? readFileSync(modelPath) : undefined
