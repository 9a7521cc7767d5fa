// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Patchswarm authors
import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml'

/** What stands above is written by hand. */
export const tableBegins = '<!-- From here on written by `npm run generate`: change values.yaml. -->'

/** A value that nobody has explained. */
export class UnexplainedValueError extends Error {
  override name = 'UnexplainedValueError'
}

interface Row {
  path: string
  value: unknown
  comment: string
}

/**
 * A Markdown table of every value of a values.yaml: what is commented is one value, what is not is a group of them.
 * @throws UnexplainedValueError
 */
export function valueTable(text: string): string {
  const { contents } = parseDocument(text)
  const rows = isMap(contents) ? rowsOf(contents, '') : []
  const cells = rows.map(({ path, value, comment }) => [
    `\`${path}\``,
    `\`${JSON.stringify(value)}\``,
    comment,
  ])
  return [['value', 'default', 'says'], ['---', '---', '---'], ...cells]
    .map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n')
}

const rowsOf = (map: YAMLMap, prefix: string): Row[] =>
  (map.items as Pair[]).flatMap((pair, index) => rowsOfPair(pair, commentOf(map, pair, index), prefix))

function rowsOfPair({ key, value }: Pair, comment: string, prefix: string): Row[] {
  const path = `${prefix}${String(key)}`
  if (comment) return [{ path, value: plain(value), comment }]
  if (isMap(value)) return rowsOf(value, `${path}.`)
  throw new UnexplainedValueError(`${path} has no comment in values.yaml`)
}

/** A comment before the first key belongs to the map as far as the parser is concerned. */
function commentOf(map: YAMLMap, { key }: Pair, index: number): string {
  const own = isScalar(key) ? key.commentBefore : undefined
  const text = own ?? (index === 0 ? map.commentBefore : undefined) ?? ''
  return text.replace(/\s+/g, ' ').trim()
}

const plain = (node: unknown): unknown =>
  isMap(node) || isScalar(node) ? node.toJSON() : JSON.parse(JSON.stringify(node))
