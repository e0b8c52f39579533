/** Loaded before a program (`node --import`): keeps its compiled modules between starts, which spares a start about a tenth. */
import { enableCompileCache } from 'node:module'

enableCompileCache()
