/** The contract of ../contract.test.ts on the channel that takes longest. */
import { keepsTheContract } from '../contract.ts'
import { whatsAppWeb } from './whatsapp-web.ts'

keepsTheContract(whatsAppWeb)
