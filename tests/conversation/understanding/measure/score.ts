/**
 * What counts as right, and whether the confidence may be believed. The rules are those of the score.mjs that we are
 * measured with; the bench calls this for every contender. Pure.
 */
import { acts, type Understood } from '../../../../src/conversation/understanding/understand.ts'
import type { Question } from './lines.ts'

export interface Tally {
  readonly right: number
  readonly of: number
}

/** What is scored of an understanding. */
export type Answer = Pick<Understood, 'decision' | 'topics' | 'emergency' | 'confidence' | 'ranked'>

export interface Asked {
  readonly question: Question
  readonly understood: Answer
}

/** The first of the topics, where they are answered. */
const answered = ({ decision, topics }: Answer) => (decision === 'answer' ? topics[0] : undefined)

/**
 * faq: the first topic answered is one of those expected. multi: both are answered, in any order. act: it is named
 * first. fuera: refused; an offer is no refusal.
 */
export function isRight({ question: { kind, expect }, understood }: Asked): boolean {
  const { decision, topics } = understood
  if (kind === 'fuera') return decision === 'unknown' || topics[0] === 'fuera'
  if (kind === 'multi') return decision === 'answer' && expect.every(id => topics.includes(id))
  if (kind === 'act') return topics[0] === expect[0]
  return expect.includes(answered(understood) ?? '')
}

/** One row a kind and a style, and what else is told of `faq` and `fuera`; shares of wrong ones count the wrong. */
export function scoreOf(all: readonly Asked[]): Record<string, Tally> {
  const rows: Record<string, { right: number; of: number }> = {}
  const add = (row: string, right: boolean) => {
    rows[row] ??= { right: 0, of: 0 }
    rows[row].of++
    if (right) rows[row].right++
  }
  for (const asked of all) {
    const { kind, style, expect } = asked.question
    const { decision, topics, ranked } = asked.understood
    const right = isRight(asked)
    const first = answered(asked.understood)
    add(kind, right)
    if (style !== undefined) add(`style:${style}`, right)
    if (kind === 'faq') {
      const best = ranked.map(([id]) => id).filter(id => !acts.has(id))
      const offered = decision === 'offer' && topics.some(id => expect.includes(id))
      add(
        'faq in the best 3',
        best.slice(0, 3).some(id => expect.includes(id)),
      )
      add('faq answered or rightly offered', right || offered)
      add('faq answered wrongly', decision === 'answer' && !expect.includes(first ?? ''))
    }
    if (kind === 'fuera') add('fuera answered as a topic', decision === 'answer' && first !== 'fuera')
  }
  return rows
}

/** One thing said with a confidence, and whether it was so. */
interface Claim {
  readonly confidence: number
  readonly right: boolean
}

export interface Calibration {
  /** Of what is answered, whatever its kind, with a confidence of 0.9 and more: first topic expected. */
  readonly sure: Tally
  /** Expected calibration error of all that is answered, whatever its kind: first topic expected. */
  readonly answeredEce: number
  /** The same over every `faq`, answered or not: the one ranked first expected, with the chance it is given. */
  readonly faqEce: number
}

const surelyFrom = 0.9
const bins = 10

/**
 * The expected calibration error: confidences fall into ten bins of equal width (0–0.1, … 0.9–1, 1 in the last); of
 * each bin, how far its mean confidence is from its share of right ones; the mean of that, weighed by size.
 */
export function errorOf(claims: readonly Claim[]): number {
  const sums = Array.from({ length: bins }, () => ({ confidence: 0, right: 0 }))
  for (const { confidence, right } of claims) {
    const bin = sums[Math.min(bins - 1, Math.floor(confidence * bins))] as {
      confidence: number
      right: number
    }
    bin.confidence += confidence
    if (right) bin.right++
  }
  // A bin's size times the distance of its means is the distance of its sums.
  return sums.reduce((sum, bin) => sum + Math.abs(bin.confidence - bin.right), 0) / claims.length
}

export function calibrationOf(all: readonly Asked[]): Calibration {
  const given = all
    .filter(({ understood }) => understood.decision === 'answer')
    .map(({ question, understood }) => ({
      confidence: understood.confidence,
      right: question.expect.includes(understood.topics[0] ?? ''),
    }))
  const ranked = all
    .filter(({ question }) => question.kind === 'faq')
    .map(({ question, understood: { ranked } }) => ({
      confidence: ranked[0]?.[1] ?? 0,
      right: question.expect.includes(ranked[0]?.[0] ?? ''),
    }))
  const sure = given.filter(({ confidence }) => confidence >= surelyFrom)
  return {
    sure: { right: sure.filter(({ right }) => right).length, of: sure.length },
    answeredEce: errorOf(given),
    faqEce: errorOf(ranked),
  }
}
