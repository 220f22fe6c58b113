// Finds the guards of a source file: every condition that leads to a refusal, and every way to weaken it a little.
import ts from 'typescript';

/** One weakened guard: the text between two offsets, replaced. */
export interface Mutant {
  /** Which of the file's guards it is in. */
  readonly guard: number;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  /** What was done, for the report. */
  readonly change: string;
}

/** The text with the guard weakened. */
export function weakenedBy({ start, end, replacement }: Mutant, text: string): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

/** A whole condition or check; guards inside of others belong to these. */
export interface Guard {
  readonly start: number;
  readonly end: number;
  readonly isStatement: boolean;
}

/** All guards of a file, in the order of their place. */
export function guardsOf(path: string, text: string): readonly Guard[] {
  return found(path, text).guards;
}

/** All mutants of a file, in the order of their place. Types and comments have none. */
export function mutantsOf(path: string, text: string): readonly Mutant[] {
  const { guards, mutants } = found(path, text);
  return mutants.map((mutant) => ({
    ...mutant,
    guard: guards.findIndex(({ start, end }) => start <= mutant.start && mutant.end <= end),
  }));
}

type Weakened = Omit<Mutant, 'guard'>;

function found(
  path: string,
  text: string,
): { readonly guards: readonly Guard[]; readonly mutants: readonly Weakened[] } {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  const guards: Guard[] = [];
  const mutants: Weakened[] = [];

  const guard = (node: ts.Node, isStatement: boolean): void => {
    const start = node.getStart(file);
    if (!guards.some((outer) => outer.start <= start && node.end <= outer.end))
      guards.push({ start, end: node.end, isStatement });
  };

  const replace = (node: ts.Node, replacement: string): void => {
    const start = node.getStart(file);
    const { line } = file.getLineAndCharacterOfPosition(start);
    const was = node.getText(file).replace(/\s+/g, ' ');
    mutants.push({ line: line + 1, start, end: node.end, replacement, change: `${was} → ${replacement}` });
  };

  /** Everything that makes a condition hold less often (`towards` false), or more often. */
  const weaken = (condition: ts.Expression, towards: boolean): void => {
    const inner = unwrapped(condition);
    replace(inner, String(towards));
    if (ts.isPrefixUnaryExpression(inner) && inner.operator === ts.SyntaxKind.ExclamationToken) {
      weakenOperands(inner.operand, !towards);
      return;
    }
    weakenOperands(inner, towards);
  };

  const weakenOperands = (expression: ts.Expression, towards: boolean): void => {
    const inner = unwrapped(expression);
    if (!ts.isBinaryExpression(inner)) return;
    const { operatorToken, left, right } = inner;
    if (
      operatorToken.kind === ts.SyntaxKind.BarBarToken ||
      operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken
    ) {
      // In `a || b` an operand drops out as false, in `a && b` as true.
      const neutral = operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken;
      for (const operand of [left, right]) {
        replace(unwrapped(operand), String(neutral));
        weakenOperands(operand, towards);
      }
    }
    const boundary = boundaries.get(operatorToken.kind);
    if (boundary !== undefined) replace(operatorToken, boundary);
  };

  const visit = (node: ts.Node): void => {
    if (ts.isIfStatement(node)) {
      const isRefused = refuses(node.thenStatement);
      if (isRefused || leavesToRefusal(node)) {
        guard(node.expression, false);
        weaken(node.expression, !isRefused);
      }
    }
    if (ts.isConditionalExpression(node) && isThrowing(node.whenFalse)) {
      guard(node.condition, false);
      weaken(node.condition, true);
    }
    if (ts.isExpressionStatement(node) && isCheck(node.expression)) {
      guard(node, true);
      replace(node, ';');
    }
    if (ts.isReturnStatement(node) && node.expression && returnsVerdict(node)) {
      guard(node.expression, false);
      weakenOperands(node.expression, true);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { guards, mutants: distinct(mutants) };
}

const boundaries = new Map<ts.SyntaxKind, string>([
  [ts.SyntaxKind.LessThanToken, '<='],
  [ts.SyntaxKind.LessThanEqualsToken, '<'],
  [ts.SyntaxKind.GreaterThanToken, '>='],
  [ts.SyntaxKind.GreaterThanEqualsToken, '>'],
]);

function unwrapped(expression: ts.Expression): ts.Expression {
  return ts.isParenthesizedExpression(expression) ? unwrapped(expression.expression) : expression;
}

/** `throw`, `return undefined`, `return false`, `return refuse(…)`, `return 'why not'`, `continue`: what a guard does. */
function refuses(statement: ts.Statement): boolean {
  if (ts.isBlock(statement)) {
    const last = statement.statements.at(-1);
    return last !== undefined && refuses(last);
  }
  if (ts.isThrowStatement(statement) || ts.isContinueStatement(statement)) return true;
  if (!ts.isReturnStatement(statement)) return false;
  const value = statement.expression;
  if (value === undefined || value.kind === ts.SyntaxKind.FalseKeyword || value.getText() === 'undefined')
    return true;
  return isThrowing(value) || (isText(value) && answersProblems(statement));
}

/** `if (good) return …; throw …`: the guard strikes when its condition does not hold. */
function leavesToRefusal(node: ts.IfStatement): boolean {
  if (node.elseStatement !== undefined || !ts.isBlock(node.parent)) return false;
  const { statements } = node.parent;
  const next = statements[statements.indexOf(node) + 1];
  return next !== undefined && ts.isThrowStatement(next);
}

function isText(expression: ts.Expression): boolean {
  return ts.isStringLiteralLike(expression) || ts.isTemplateExpression(expression);
}

/** Inside a function whose answer is a text only when something is wrong. */
function answersProblems(node: ts.Node): boolean {
  let up = node.parent;
  while (!ts.isFunctionLike(up) && !ts.isSourceFile(up)) up = up.parent;
  return !ts.isSourceFile(up) && /\| *string|string *\|/.test(up.type?.getText() ?? '');
}

/** Calls that end in a refusal when their argument is asked for. */
function isThrowing(expression: ts.Expression): boolean {
  return ts.isCallExpression(expression) && /^(refuse|fail|reject)/.test(nameOf(expression));
}

function isCheck(expression: ts.Expression): boolean {
  const inner = ts.isAwaitExpression(expression) ? expression.expression : expression;
  return ts.isCallExpression(inner) && /^(check|refuse|require|assert|forbid|ensure)/.test(nameOf(inner));
}

function nameOf(call: ts.CallExpression): string {
  const { expression } = call;
  return ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText();
}

/** Inside a function that is named like a question. */
function returnsVerdict(node: ts.Node): boolean {
  for (let up: ts.Node = node.parent; !ts.isSourceFile(up); up = up.parent) {
    if (ts.isFunctionDeclaration(up) || ts.isMethodDeclaration(up))
      return /^#?(is|has|may|can|matches|accepts|covers)[A-Z]?/.test(up.name?.getText() ?? '');
    if (ts.isArrowFunction(up) || ts.isFunctionExpression(up)) return false;
  }
  return false;
}

function distinct(mutants: readonly Weakened[]): readonly Weakened[] {
  const seen = new Map(
    mutants.map((mutant) => [`${mutant.start} ${mutant.end} ${mutant.replacement}`, mutant]),
  );
  return [...seen.values()].sort((a, b) => a.start - b.start || a.end - b.end);
}
