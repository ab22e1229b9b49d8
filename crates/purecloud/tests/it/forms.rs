//! Forms, from a program to an emulated platform that has some.

use bytes::Bytes;
use purecloud::{ByteStream, Error, FormFields, FormFile, Method, OperationSpec, Parameter, Place, Session};
use purecloud_emulator::{Emulator, Handle, demo};

const POST_IMAGES: OperationSpec =
    OperationSpec::new("postUploadImages", Method::Post, "/api/v2/uploads/{uploadId}/images")
        .media_types("multipart/form-data", "application/json")
        .parameters(&[
            Parameter { name: "uploadId", wire_name: "uploadId", place: Place::Path, required: true },
            Parameter { name: "body", wire_name: "body", place: Place::Body, required: true },
        ]);
const POST_SEARCH: OperationSpec =
    OperationSpec::new("postUploadsSearch", Method::Post, "/api/v2/uploads/search")
        .media_types("application/x-www-form-urlencoded", "application/json")
        .parameters(&[Parameter { name: "body", wire_name: "body", place: Place::Body, required: false }]);

async fn platform() -> (Handle, Session) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../codegen/fixtures/forms.yaml");
    let source = purecloud_definition::Source::file(path).unwrap();
    let platform = purecloud_definition::load(&source).unwrap().platform;
    let emulator = Emulator::builder()
        .platform(platform)
        .settings(|settings| settings.empty = true)
        .start()
        .await
        .unwrap();
    let session = Session::builder()
        .environment(emulator.origin())
        .client_credentials(demo::CREDENTIALS_CLIENT, demo::SECRET)
        .connect()
        .await
        .unwrap();
    (emulator, session)
}

fn stream() -> ByteStream {
    Box::pin(futures_util::stream::iter(["not really\r\n", "--a picture"].map(|text| Ok(Bytes::from(text)))))
}

#[tokio::test]
async fn files_and_the_fields_around_them_arrive() {
    let (emulator, session) = platform().await;
    for image in [
        FormFile::new("not really\r\n--a picture"),
        FormFile::stream(stream(), Some(23)),
        FormFile::stream(stream(), None),
    ] {
        let form = FormFields::new()
            .file("image", image.name("a \"b\".png").content_type("image/png"))
            .text("title", "é\n=&")
            .joined("tags", ["a", "b"])
            .text("width", 3)
            .json("owner", &serde_json::json!({ "name": "Ada" }));
        let answer = session.operation(&POST_IMAGES).argument(0, "u1").form(form).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let seen = emulator.requests().pop().unwrap();
        for part in [
            "name=\"image\"; filename=\"a %22b%22.png\"\r\nContent-Type: image/png\r\n\r\nnot really\r\n--a picture\r\n",
            "name=\"title\"\r\n\r\né\n=&\r\n",
            "name=\"tags\"\r\n\r\na,b\r\n",
            "name=\"owner\"\r\nContent-Type: application/json\r\n\r\n{\"name\":\"Ada\"}\r\n",
        ] {
            assert!(seen.body.contains(part), "{part} in {}", seen.body);
        }
    }
}

#[tokio::test]
async fn pairs_arrive_and_what_does_not_fit_is_refused_with_its_field() {
    let (emulator, session) = platform().await;
    let search = |form| session.operation(&POST_SEARCH).form(form).send();
    search(FormFields::new().text("q", "a b&c").text("size", 3).text("id", ["a", "b"])).await.unwrap();
    assert_eq!(emulator.requests().pop().unwrap().body, "q=a+b%26c&size=3&id=a&id=b");
    let error = search(FormFields::new().text("size", 101)).await.unwrap_err();
    assert_eq!(error.status(), Some(400));
    let form = FormFields::new().text("image", "a text");
    let error = session.operation(&POST_IMAGES).argument(0, "u1").form(form).send().await.unwrap_err();
    let Error::Refused(refusal) = &error else { panic!("{error}") };
    let body: serde_json::Value = serde_json::from_slice(refusal.body()).unwrap();
    let details = body["details"].as_array().unwrap().iter();
    let fields: Vec<_> = details.map(|detail| detail["fieldName"].as_str().unwrap()).collect();
    assert_eq!(fields, ["body.image", "body.title"]);
}

#[tokio::test]
async fn a_form_that_cannot_be_written_is_not_sent() {
    let (emulator, session) = platform().await;
    emulator.forget_requests();
    let form = FormFields::new().file("q", vec![1]);
    let error = session.operation(&POST_SEARCH).form(form).send().await.unwrap_err();
    assert!(error.to_string().starts_with("postUploadsSearch"), "{error}");
    assert!(emulator.requests().is_empty());
}
