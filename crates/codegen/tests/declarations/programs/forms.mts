// The body of an operation that sends a form.
import * as api from "purecloud";

declare const session: api.PureCloudSession;
declare const stream: { pipe(destination: any): unknown };
const uploads = new api.UploadsApi(session);
const image = new Blob(["a"], { type: "image/png" });

const { title } = await uploads.postUploadImages("id", { image, title: "One" });
title?.trim();
await uploads.postUploadImages({
  uploadId: "id",
  body: {
    image: { content: new Uint8Array(2), filename: "a.png", contentType: "image/png" },
    more: [image, new File([], "b.png"), stream, new ArrayBuffer(2)],
    title: "One",
    tags: ["a"],
    width: 3,
    public: false,
    owner: { id: "u1", name: "Ada" },
    labels: { a: "b" },
  },
});
await uploads.postUploadImages("id", new FormData());
await uploads.postUploadsSearch({ q: "a", id: ["b"] });
await uploads.postUploadsSearch(new URLSearchParams({ q: "a" }));
await uploads.putUploadsFree({ anything: image });

// @ts-expect-error The title is missing.
await uploads.postUploadImages("id", { image });
// @ts-expect-error A file is not a text.
await uploads.postUploadImages("id", { image: "a.png", title: "One" });
// @ts-expect-error Only the platform sets the id.
await uploads.postUploadImages("id", { id: "i1", image, title: "One" });
// @ts-expect-error Only the platform sets it, in an object within the form too.
await uploads.postUploadImages("id", { image, title: "One", owner: { name: "Ada", selfUri: "/u1" } });
