/** `npm run model`: learns from the examples in content/ and stores the model. Run it after changing an example. */
import { writeFileSync } from 'node:fs'
import { loadContent } from '../../content/load.ts'
import { modelPath } from './stored.ts'
import { packModel } from './understand.ts'

const began = performance.now()
const packed = packModel(loadContent().examples())
writeFileSync(modelPath, packed)
const seconds = ((performance.now() - began) / 1000).toFixed(1)
console.log(`${modelPath}: ${(packed.length / 1024).toFixed(0)} KB in ${seconds} s`)
