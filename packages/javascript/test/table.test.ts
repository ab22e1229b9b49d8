import assert from "node:assert/strict";
import { test } from "node:test";
import { decode } from "../src/table.js";
import type { Operation } from "../src/operation.js";

/** `PUT /api/v2/users/{userId} putUser(userId:path!, body:body!, expand:query)`, names in the order they were met. */
function show(table: string): string[] {
  return [...decode(table)].map(([name, read]) => `${read().method} ${read().path} ${name}(${shape(read())})`);
}

function shape({ parameters }: Operation): string {
  return parameters
    .map(({ name, wireName, place, required }) => {
      const wire = wireName === name ? "" : `=${wireName}`;
      return `${name}${wire}:${place}${required ? "!" : ""}`;
    })
    .join(", ");
}

const cases: [string, string, string[]][] = [
  ["an empty table has no methods", "", []],
  ["the rules give both names, which may be one", "0users=", ["GET /api/v2/users getUsers()"]],
  [
    "a parameter named for the segment before it needs no name",
    "0users*=",
    ["GET /api/v2/users/{userId} getUser(userId:path!)", "GET /api/v2/users/{userId} getUserId(userId:path!)"],
  ],
  [
    "a path says how many segments of the one before it go",
    "0users*=1me/queues=",
    [
      "GET /api/v2/users/{userId} getUser(userId:path!)",
      "GET /api/v2/users/{userId} getUserId(userId:path!)",
      "GET /api/v2/users/me/queues getUsersMeQueues()",
      "GET /api/v2/users/me/queues getMeQueues()",
    ],
  ],
  ["more than nine segments may go", "0a/b/c/d/e/f/g/h/i/j/k='[]11l='[]", [
    "GET /api/v2/a/b/c/d/e/f/g/h/i/j/k getABCDEFGHIJK()",
    "GET /api/v2/l getL()",
  ]],
  ["POST, PUT and PATCH have a body", "0a+0^0~", [
    "POST /api/v2/a postA(body:body!)",
    "PUT /api/v2/a putA(body:body!)",
    "PATCH /api/v2/a patchA(body:body!)",
  ]],
  ["@ turns that round", "0a+@!@", ["POST /api/v2/a postA()", "DELETE /api/v2/a deleteA(body:body!)"]],
  ["a body may be left out, and have any name", "0a+@:(body)~@&:(it)", ["POST /api/v2/a postA(body:body)", "PATCH /api/v2/a patchA(it:body!)"]],
  ["every method has its sign", "0a=?+@^@~@!,", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].map(
    (method) => `${method} /api/v2/a ${method.toLowerCase()}A()`,
  )],
  [
    "every place has its sign",
    "0a=&(b);(c)*(d)|(e)#(If-Match):(f)$(g)",
    ["GET /api/v2/a getA(b:query!, c:queryComma, d:querySpace, e:queryPipe, ifMatch=If-Match:header, f:body, g:dropped)"],
  ],
  [
    "a word is written once and is a letter from then on",
    "0a=(x)(y.id)!ba",
    ["GET /api/v2/a getA(x:query, yId=y.id:query)", "DELETE /api/v2/a deleteA(yId=y.id:query, x:query)"],
  ],
  [
    "letters go on in upper case",
    `0a='[]${Array.from({ length: 28 }, (_, index) => `(w${index})`).join("")}!'[]zAB`,
    [
      `GET /api/v2/a getA(${Array.from({ length: 28 }, (_, index) => `w${index}:query`).join(", ")})`,
      "DELETE /api/v2/a deleteA(w25:query, w26:query, w27:query)",
    ],
  ],
  [
    "an argument may have a name of its own",
    "0a=(site.id=siteid)!a",
    ["GET /api/v2/a getA(siteid=site.id:query)", "DELETE /api/v2/a deleteA(siteid=site.id:query)"],
  ],
  [
    "names may differ from the rules",
    "0a*=-[one]'[two]'[three]",
    ["one", "two", "three"].map((name) => `GET /api/v2/a/{aId} ${name}(aId:path!)`),
  ],
  ["the modern name may be no method", "0users/me=-[]", ["GET /api/v2/users/me getMe()"]],
  [
    "older names may have arguments of their own",
    "0users*^(expand)>",
    [
      "PUT /api/v2/users/{userId} putUser(userId:path!, body:body!, expand:query)",
      "PUT /api/v2/users/{userId} putUserId(userId:path!, body:body!)",
    ],
  ],
  [
    "older names may have another order, the path's parameters included",
    "0users*^>@&:(body)&/(userId=id)",
    [
      "PUT /api/v2/users/{userId} putUser(userId:path!, body:body!)",
      "PUT /api/v2/users/{userId} putUserId(body:body!, id=userId:path!)",
    ],
  ],
  [
    "parameters of any name and segments of any text",
    "0{a_b}[x%28%29][{c}.json]='[getIt]",
    ["getABXCJson", "getIt"].map((name) => `GET /api/v2/{a_b}/x()/{c}.json ${name}(aB=a_b:path!, c:path!)`),
  ],
  ["a path that does not begin with /api/v2/", "0[%2Fhealth]=-[getHealth]'[]", ["GET /health getHealth()"]],
];

for (const [name, table, expected] of cases) {
  test(name, () => assert.deepEqual(show(table).sort(), expected.sort()));
}

test("names follow the rules of both generations", () => {
  const names = (table: string) => [...decode(table).keys()].join(" ");
  for (const [path, expected] of Object.entries({
    "policies{x}": "getPolicy getX",
    "addresses{x}": "getAddress getX",
    "boxes{x}": "getBox getX",
    "searches{x}": "getSearch getX",
    "status{x}": "getStatusX getX",
    "access{x}": "getAccessX getX",
    "data{x}": "getDataX getX",
    "users{x}{y}": "getUserY getXY",
    "a/users{PUserid}": "getAUser getUsersPuserId",
    "a/b-c.d{id}": "getABCDId getBCDId",
  })) {
    assert.equal(names(`0${path}=`), expected, path);
  }
});

test("errors and logs call an operation by its modern name, and it keeps its media types", () => {
  const read = (table: string, name: string) => decode(table).get(name)!();
  const table = "0things{x}=}(text/plain){(application/scim%2Bjson)^}a";
  for (const name of ["getThing", "getX"]) {
    const { id, contentType, accept } = read(table, name);
    assert.deepEqual([id, contentType, accept], ["getThing", "text/plain", "application/scim+json"]);
  }
  const { contentType, accept } = read(table, "putX");
  assert.deepEqual([contentType, accept], ["text/plain", undefined]);
});

test("listings say how they continue, in every name they have", () => {
  const operations = decode("0users=.a(pageSize)+.f>@&:(body)0*=");
  const styles = [...operations].map(([name, read]) => `${name} ${read().paging}`);
  assert.deepEqual(styles.sort(), ["getUser undefined", "getUserId undefined", "getUsers 0", "postUsers 5"]);
});

test("a method may be called __proto__", () => {
  assert.equal(decode("0a=-[__proto__]'[]").get("__proto__")?.().id, "__proto__");
});

test("a program of 2016 has its own arguments under older names, and need not give a body", () => {
  /** The lists under a name: today's, and that of a program of 2016. */
  const lists = (table: string, name: string) => {
    const read = decode(table).get(name)!;
    return [shape(read()), shape(read(true))];
  };
  const table = "0users*^@(expand)&:(body) ";
  assert.deepEqual(lists(table, "putUserId"), ["userId:path!, expand:query, body:body!", "userId:path!, body:body"]);
  assert.deepEqual(lists(table, "putUser"), Array(2).fill("userId:path!, expand:query, body:body!"));
  assert.deepEqual(lists("0a/b+", "postB"), ["body:body!", "body:body"]);
  assert.deepEqual(lists("0a/b+@(x)&:(body)", "postB"), ["x:query, body:body!", "x:query, body:body"]);
  // A body that was required then says so.
  assert.deepEqual(lists("0a/b+ @&:(body)", "postB"), ["body:body!", "body:body!"]);
  // A word keeps its letter, and media types are said again.
  const media = "0a/b+(x){(text%2Fcsv) a(y){b";
  assert.deepEqual(lists(media, "postB"), ["body:body!, x:query", "body:body, x:query, y:query"]);
  assert.equal(decode(media).get("postB")!(true).accept, "text/csv");
  assert.deepEqual(
    [decode(table).get("putUserId")!(true).isFirst, decode(table).get("putUserId")!().isFirst, decode(table).get("putUser")!(true).isFirst],
    [true, undefined, undefined],
  );
});
