import type { Condition, Operand, Path, Value } from './query.js'

/** A row that a query looks at. */
export interface Row {
  /** What a path leads to; `undefined` when the row lacks it. */
  readonly get: (path: Path) => unknown
}

/** Whether a row meets a condition. A comparison with something that is not there does not hold. */
export function meets(condition: Condition, row: Row): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.parts.every(part => meets(part, row))
    case 'or':
      return condition.parts.some(part => meets(part, row))
    case 'not':
      return !meets(condition.part, row)
    case 'null': {
      const value = operandValue(condition.left, row)
      return value === undefined || value === null || value === ''
    }
    case 'like': {
      const value = operandValue(condition.left, row)
      return value !== undefined && value !== null && condition.pattern.test(String(value))
    }
    case 'compare':
      return compares(condition.operator, operandValue(condition.left, row), operandValue(condition.right, row))
  }
}

function operandValue(operand: Operand, row: Row): Value {
  if ('value' in operand) return operand.value
  const found = row.get(operand.path)
  const value = typeof found === 'object' && found !== null ? JSON.stringify(found) : (found as Value)
  if (operand.cast === undefined || value === undefined || value === null) return value
  if (operand.cast === 'string') return String(value)
  const number = value === '' ? Number.NaN : Number(value)
  return operand.cast === 'int' ? Math.trunc(number) : number
}

function compares(operator: string, left: Value, right: Value): boolean {
  if (left === undefined || left === null || right === undefined || right === null) return false
  // In CSV all is text; beside a number it counts as one.
  const numeric = typeof left === 'number' || typeof right === 'number'
  const [a, b] = numeric ? [toNumber(left), toNumber(right)] : [String(left), String(right)]
  switch (operator) {
    case '=':
      return a === b
    case '!=':
      return a !== b
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>':
      return a > b
    default:
      return a >= b
  }
}

function toNumber(value: string | number | boolean): number {
  return value === '' ? Number.NaN : Number(value)
}

/** All paths that a condition looks at. */
export function pathsOf(condition: Condition | undefined): Path[] {
  if (condition === undefined) return []
  if (condition.kind === 'and' || condition.kind === 'or') return condition.parts.flatMap(pathsOf)
  if (condition.kind === 'not') return pathsOf(condition.part)
  const operands = 'right' in condition ? [condition.left, condition.right] : [condition.left]
  return operands.flatMap(operand => ('path' in operand ? [operand.path] : []))
}
