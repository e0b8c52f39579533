/**
 * Puts together the questions that ask the same in other words, so that the school's staff reads groups and not
 * thousands of lines: `list.ts` writes them. Pure, and quick whatever people have typed.
 */
import { kind, kindCount, readFeatures } from '../conversation/understanding/features.ts'
import { soundsOf } from '../conversation/understanding/model.ts'
import { normalise } from '../conversation/understanding/normalise.ts'
import type { Unanswered } from '../store/store.ts'

export interface Group {
  /** Different texts, each with all who wrote it, newest first: the most central text, then the most frequent. */
  readonly texts: readonly Same[]
  readonly questions: number
}

type Same = readonly [Unanswered, ...Unanswered[]]

/** Questions are together that are alike by this much on average: below 0.18 kinds run together in the test, above 0.2 they fall apart. */
const alikeFrom = 0.19
/** By then a text has said what it asks. */
const maxChars = 120
/** Of a question so many features are compared with so many others, the rarest first: a flood of texts that are made of the same few words would take minutes. */
const maxFeatures = 100
const maxComparisons = 10_000

/** Meanings and pieces of words have the same share in what a question is. What else there is to a text tells less here. */
const telling: ReadonlySet<number> = new Set([kind.meaning, kind.piece])

/** Features are told apart by so many bits of their hash: lists by number are asked faster than a Map of a million, which a flood of nonsense would make. */
const featureBits = 20
const featureOf = (hash: number) => hash >>> (32 - featureBits)

/** The features of a text, the heaviest first. Its length is 1. */
interface Vector {
  readonly features: Int32Array
  readonly values: Float64Array
}

/** The clusters that have a feature, and how much of it: two lists of numbers, which are read ten times as fast as one of objects. */
interface Shares {
  readonly clusters: number[]
  readonly values: number[]
}

/** By feature. */
type AllShares = (Shares | undefined)[]

interface Cluster {
  readonly members: number[]
  /** Where the cluster stands in the shares of each of its features. */
  readonly places: Map<number, number>
}

/** The largest group first. `examples` are of what students ask at all: what is rare in them tells questions apart. */
export function groupByLikeness(questions: readonly Unanswered[], examples: readonly string[]): Group[] {
  const texts = sameTexts(questions)
  const rarity = rarityIn(examples)
  const vectors = texts.map(([plain]) => vectorOf(plain, rarity))
  const { clusters, shares } = clustersOf(vectors)
  return clusters
    .map(cluster => {
      const central = mostCentral(cluster, vectors, shares)
      const members = [central, ...cluster.members.filter(member => member !== central)]
      const own = members.map(member => (texts[member] as [string, Same])[1])
      return { texts: own, questions: own.reduce((sum, same) => sum + same.length, 0) }
    })
    .sort((a, b) => b.questions - a.questions)
}

const plain = (text: string) => normalise(text.slice(0, maxChars))

/** By their plain text; the most frequent first, and of these the newest. */
function sameTexts(questions: readonly Unanswered[]): [plain: string, same: Same][] {
  const newestFirst = questions.toSorted((a, b) => b.at.getTime() - a.at.getTime())
  const same = [...Map.groupBy(newestFirst, ({ text }) => plain(text))] as [string, [Unanswered]][]
  return same.sort(([, a], [, b]) => b.length - a.length)
}

/** Each feature once, with its kind. */
function featuresOf(plain: string): { features: number[]; ofKind: number[] } {
  const { hashes, kinds } = readFeatures(soundsOf(plain))
  const [features, ofKind, seen] = [[] as number[], [] as number[], new Set<number>()]
  for (let at = 0; at < hashes.length; at++) {
    const feature = featureOf(hashes[at] as number)
    if (!telling.has(kinds[at] as number) || seen.has(feature)) continue
    seen.add(feature)
    features.push(feature)
    ofKind.push(kinds[at] as number)
  }
  return { features, ofKind }
}

/** More examples would only cost time. */
const maxExamples = 5000

function rarityIn(examples: readonly string[]): Float32Array {
  const times = new Float32Array(2 ** featureBits)
  const every = Math.ceil(examples.length / maxExamples)
  const read = examples.filter((_, i) => i % every === 0)
  for (const text of read)
    for (const feature of featuresOf(plain(text)).features) times[feature] = (times[feature] as number) + 1
  return times.map(count => Math.log((read.length + 1) / (count + 0.5)))
}

function vectorOf(plain: string, rarity: Float32Array): Vector {
  const { features, ofKind } = featuresOf(plain)
  const values = new Float64Array(features.length)
  const squares = new Float64Array(kindCount)
  for (let at = 0; at < features.length; at++) {
    const rare = rarity[features[at] as number] as number
    values[at] = rare
    squares[ofKind[at] as number] = (squares[ofKind[at] as number] as number) + rare * rare
  }
  const present = squares.filter(sum => sum > 0).length
  for (let at = 0; at < features.length; at++)
    values[at] = (values[at] as number) / Math.sqrt((squares[ofKind[at] as number] as number) * present)
  const order = heaviest(values)
  return {
    features: Int32Array.from(order, at => features[at] as number),
    values: Float64Array.from(order, at => values[at] as number),
  }
}

/** The places of the highest values. Value and place go as one number, since numbers alone sort ten times as fast. */
function heaviest(values: Float64Array): Uint32Array {
  const packed = values.map((value, at) => Math.round(value * fine) * places + at)
  return Uint32Array.from(packed.sort().reverse().subarray(0, maxFeatures), one => one % places)
}
const fine = 2 ** 20
/** More than features in a text. */
const places = 2 ** 16

/** One after the other, each joins the cluster whose members it is most like on average, or begins one. */
function clustersOf(vectors: readonly Vector[]): { clusters: Cluster[]; shares: AllShares } {
  const clusters: Cluster[] = []
  const shares: AllShares = Array(2 ** featureBits)
  const sums = new Float64Array(vectors.length)
  for (const [member, vector] of vectors.entries()) {
    const nearest = nearestTo(vector, clusters, shares, sums)
    const at = nearest ?? clusters.push({ members: [], places: new Map() }) - 1
    join(clusters[at] as Cluster, at, member, vector, shares)
  }
  return { clusters, shares }
}

/** `sums` holds a zero for each cluster, before and after. */
function nearestTo(
  { features, values }: Vector,
  clusters: readonly Cluster[],
  shares: AllShares,
  sums: Float64Array,
): number | undefined {
  const met: number[] = []
  let left = maxComparisons
  for (let at = 0; at < features.length; at++) {
    const all = shares[features[at] as number]
    if (!all) continue
    left -= all.clusters.length
    if (left < 0) break
    const own = values[at] as number
    for (let i = 0; i < all.clusters.length; i++) {
      const cluster = all.clusters[i] as number
      if (sums[cluster] === 0) met.push(cluster)
      sums[cluster] = (sums[cluster] as number) + own * (all.values[i] as number)
    }
  }
  let nearest: number | undefined
  let most = alikeFrom
  for (const cluster of met) {
    const alike = (sums[cluster] as number) / (clusters[cluster] as Cluster).members.length
    sums[cluster] = 0
    if (alike >= most) {
      nearest = cluster
      most = alike
    }
  }
  return nearest
}

function join(
  { members, places }: Cluster,
  cluster: number,
  member: number,
  { features, values }: Vector,
  shares: AllShares,
): void {
  members.push(member)
  for (let at = 0; at < features.length; at++) {
    const [feature, value] = [features[at] as number, values[at] as number]
    const all = shares[feature] ?? { clusters: [], values: [] }
    const place = places.get(feature)
    if (place !== undefined) all.values[place] = (all.values[place] as number) + value
    else {
      shares[feature] = all
      places.set(feature, all.clusters.push(cluster) - 1)
      all.values.push(value)
    }
  }
}

/** The one that is most like all others of its cluster. */
function mostCentral({ members, places }: Cluster, vectors: readonly Vector[], shares: AllShares): number {
  const likeness = (member: number) => {
    const { features, values } = vectors[member] as Vector
    return features.reduce((sum, feature, at) => {
      const place = places.get(feature) as number
      return sum + (values[at] as number) * (shares[feature]?.values[place] as number)
    }, 0)
  }
  let central = members[0] as number
  let most = likeness(central)
  for (const member of members.slice(1)) {
    const alike = likeness(member)
    if (alike <= most) continue
    central = member
    most = alike
  }
  return central
}
