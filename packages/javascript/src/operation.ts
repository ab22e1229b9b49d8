/**
 * One row of the table of operations, decoded. Generated code states it, `session.call` acts on it; nothing else in
 * the runtime knows which operations exist.
 */
export interface Operation {
  /** The modern name, such as `getUsersMe`; what errors and logs call the operation. */
  readonly id: string;
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";
  /** `/api/v2/users/{userId}`, with the wire names of the path parameters. */
  readonly path: string;
  /** Positional arguments, in order. */
  readonly parameters: readonly Parameter[];
  /** Media type of the body when it is not `application/json`, or when the body is itself a text. */
  readonly contentType?: string;
  /** Of the fields of a form, those that are required or joined. */
  readonly fields?: readonly Parameter[] | undefined;
  /** Media type of the answer when it is not `application/json`. */
  readonly accept?: string;
  /** Whether a program of 2016 calls it, by an older name: then a plain object where the body belongs is the body. */
  readonly isFirst?: boolean;
  /** How a listing continues, an index of `PAGING_STYLES`; absent where the definition does not tell. */
  readonly paging?: number;
}

/** One argument of an operation. */
export interface Parameter {
  /** The name in an object of named options, such as `edgeGroupId`. */
  readonly name: string;
  /** The name on the wire, such as `edgeGroup.id`. */
  readonly wireName: string;
  readonly place: Place;
  readonly required: boolean;
}

/**
 * Where an argument goes. `query` repeats the name for each item of an array; the other query places join the items.
 * `dropped` is an argument of an older generation that the platform has no place for today. `field` and `fieldComma`, whose
 * items are joined, are the places of {@link Operation.fields}.
 */
export type Place = "path" | "query" | "queryComma" | "querySpace" | "queryPipe" | "header" | "body" | "dropped" | "field" | "fieldComma";
