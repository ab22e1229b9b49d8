import type { Answer } from "./host.js";

/**
 * What no error may hold: the credentials of an `Authorization` header, the password in those of `Basic`, and more.
 * Texts of less than eight characters stay: they are no secrets, and are found anywhere.
 */
export function secretsOf(authorization: string, ...more: (string | undefined)[]): string[] {
  const value = authorization.replace(/.* /, "");
  const password = /^Basic/.test(authorization) ? atob(value).replace(/.*?:/, "") : "";
  return [value, password, ...more].filter((secret) => secret && secret.length > 7) as string[];
}

/** A text without the secrets, be their characters as they are or escaped as in JSON or in an address. */
export function redact(text: string, secrets: readonly string[]): string {
  for (const secret of secrets) {
    const pattern = secret.replace(/[^]/g, (character) => {
      const code = character.charCodeAt(0).toString(16).padStart(4, "0");
      return `(?:\\\\?\\u${code}|\\\\u${code}|%(25)*${code.slice(2)})`;
    });
    text = text.replace(new RegExp(pattern, "gi"), "[redacted]");
  }
  return text;
}

/** Takes the secrets out of everything in an answer that is text. */
export function redactAnswer(answer: Answer, secrets: readonly string[]): void {
  answer.statusText = redact(answer.statusText, secrets);
  answer.responseText &&= redact(answer.responseText, secrets);
  const headers: Record<string, string> = {};
  for (const name in answer.headers) headers[name] = redact(answer.headers[name]!, secrets);
  answer.headers = headers;
}
