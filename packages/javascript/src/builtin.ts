/** A module of Node's own, got when it is first needed: loading this package must load nothing else. */
export function builtin<T>(name: string): T {
  return process.getBuiltinModule ? (process.getBuiltinModule(name) as T) : require(name);
}
