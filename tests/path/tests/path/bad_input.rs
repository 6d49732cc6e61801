//! Input that is refused, and photos that fail: with a reason, with nothing left behind, and with the platform alive.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use photo_core::platform::UploadSpec;
use photo_stack::{Stack, StackOptions};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{
    hostile,
    scene::{BOUNDARY, Caller, LIMIT, body, file_part, own_stack, part, problem, small_jpeg, stack, text, until},
};

/// The longest photo that [`small_stack`] takes.
const SMALL_MAX: usize = 20_000;

/// A platform that takes two small photos per request.
async fn small_stack() -> Stack {
    let upload = UploadSpec { max_bytes: SMALL_MAX as u64, max_files: 2 };
    Stack::start(&StackOptions { upload, own_servers: true, ..StackOptions::default() }).await.unwrap()
}

/// A JPEG with bytes behind its end, which decoders ignore, so that it is `bytes` long.
fn padded_jpeg(bytes: usize) -> Vec<u8> {
    let mut photo = small_jpeg(1);
    assert!(photo.len() < bytes);
    photo.resize(bytes, 0);
    photo
}

/// The files below a folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found
}

/// The originals that MinIO holds: each object is a folder with a file `xl.meta`.
fn stored_originals(stack: &Stack) -> Vec<PathBuf> {
    let drive = stack.folder().join("minio/drive");
    let of = |bucket: &str| files_below(&drive.join(bucket).join("local/originals"));
    assert!(drive.join("images").is_dir(), "MinIO keeps its objects elsewhere than this test looks");
    [of("images"), of("images-large")].concat()
}

/// Requires that a refused upload left neither scratch files, nor objects, nor photos.
async fn nothing_is_left(stack: &Stack, caller: &Caller) {
    let spool = stack.folder().join("spool");
    until("the scratch folder is empty", LIMIT, async || files_below(&spool).is_empty().then_some(())).await;
    assert_eq!(stored_originals(stack), Vec::<PathBuf>::new());
    assert_eq!(caller.json("/photos").await["photos"], json!([]));
}

/// Writes `head` and reads the answer to it, while `more` is written again and again until the server stops reading.
async fn answer_while_sending(stack: &Stack, head: &[u8], more: &[u8]) -> String {
    let address = stack.api.url().replace("http://", "");
    let (mut incoming, mut outgoing) = TcpStream::connect(address).await.unwrap().into_split();
    outgoing.write_all(head).await.unwrap();
    let more = more.to_vec();
    let sending = tokio::spawn(async move { while !more.is_empty() && outgoing.write_all(&more).await.is_ok() {} });
    let mut answer = Vec::new();
    let mut chunk = [0; 4096];
    while !String::from_utf8_lossy(&answer).contains("requestId") {
        let read = timeout(LIMIT, incoming.read(&mut chunk)).await.expect("an answer comes").unwrap();
        assert!(read > 0, "the connection ended before the answer: {}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&chunk[..read]);
    }
    sending.abort();
    String::from_utf8_lossy(&answer).into_owned()
}

/// The beginning of a chunked upload whose first chunk is `first`.
fn chunked_upload(stack: &Stack, first: &[u8]) -> Vec<u8> {
    let token = stack.keys.user_token("alice", Duration::from_hours(1)).unwrap();
    let head = format!(
        "POST /photos/upload HTTP/1.1\r\nHost: photos\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    [head.as_bytes(), &chunk(first)].concat()
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

#[tokio::test]
async fn what_is_no_photo_is_refused_by_its_bytes_whatever_its_name() {
    let stack = own_stack().await;
    let caller = Caller::new(&stack, "alice");
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    for (name, bytes) in [
        ("text.jpg", b"This is a text that calls itself a photo.".as_slice()),
        ("empty.jpg", b""),
        ("drawing.svg", svg),
        ("phone.jpg", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
        ("scan.tiff", b"II*\0\x08\0\0\0\0\0\0\0"),
        ("one-byte.png", b"\x89"),
        ("program.gif", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0"),
        ("document.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"),
    ] {
        let reply = caller.upload("/photos/upload", &[file_part(name, bytes)]).await;
        let problem = problem(reply, 415, "unsupported_media_type").await;
        assert_eq!(problem["fileName"], name);
        let is_told_what_to_do = text(&problem["detail"]).contains("xport it as");
        assert_eq!(is_told_what_to_do, ["drawing.svg", "phone.jpg", "scan.tiff"].contains(&name), "{problem}");
    }
    nothing_is_left(&stack, &caller).await;
}

#[tokio::test]
async fn one_byte_over_the_limit_is_refused_and_the_limit_itself_is_not() {
    let stack = small_stack().await;
    let caller = Caller::new(&stack, "alice");
    let reply = caller.upload("/photos/upload", &[file_part("long.jpg", &padded_jpeg(SMALL_MAX + 1))]).await;
    let problem = problem(reply, 413, "too_large").await;
    assert!(text(&problem["detail"]).contains("20000 bytes"), "{problem}");
    nothing_is_left(&stack, &caller).await;
    let photo = caller.accepted("longest.jpg", &padded_jpeg(SMALL_MAX)).await;
    assert_eq!(caller.ended(&photo["id"]).await["status"], "completed");
}

#[tokio::test]
async fn an_endless_upload_is_answered_while_it_is_sent() {
    let stack = small_stack().await;
    let caller = Caller::new(&stack, "alice");
    let first = [file_start("endless.jpg").as_slice(), &padded_jpeg(10_000)].concat();
    let more = chunk(&vec![0; 64 * 1024]);
    let answer = answer_while_sending(&stack, &chunked_upload(&stack, &first), &more).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("\"too_large\""), "{answer}");
    nothing_is_left(&stack, &caller).await;
}

#[tokio::test]
async fn a_refused_upload_whose_client_falls_silent_is_answered() {
    let stack = small_stack().await;
    let caller = Caller::new(&stack, "alice");
    let first = [file_start("long.jpg").as_slice(), &padded_jpeg(SMALL_MAX + 1)].concat();
    let answer = answer_while_sending(&stack, &chunked_upload(&stack, &first), b"").await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    nothing_is_left(&stack, &caller).await;
}

/// A file part up to its bytes.
fn file_start(file_name: &str) -> Vec<u8> {
    format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"photos\"; filename=\"{file_name}\"\r\n\r\n")
        .into_bytes()
}

#[tokio::test]
async fn photos_that_cannot_be_decoded_fail_with_a_sentence_and_the_worker_lives_on() {
    let stack = stack().await;
    let caller = Caller::new(&stack, "alice");
    let pid = stack.workers[0].process().unwrap().pid();
    let whole = small_jpeg(1);
    for (name, bytes, code) in [
        ("truncated.jpg", whole[..whole.len() * 6 / 10].to_vec(), "damaged"),
        ("bomb.png", hostile::png(50_000, 50_000), "too_many_pixels"),
        ("head-only.jpg", whole[..30].to_vec(), "damaged"),
        ("noise.webp", [b"RIFF\x10\0\0\0WEBPVP8 ".as_slice(), &[7; 200]].concat(), "damaged"),
    ] {
        let photo = caller.accepted(name, &bytes).await;
        let photo = caller.ended(&photo["id"]).await;
        assert_eq!(photo["status"], "failed", "{name}: {photo}");
        assert_eq!(photo["variants"], json!([]), "{name}");
        let (told, message) = (text(&photo["failure"]["code"]), text(&photo["failure"]["message"]));
        assert_eq!(told, code, "{name}");
        assert!(message.ends_with('.') && message.split(' ').count() > 4, "{name} fails with a sentence: {message}");
    }
    let photo = caller.accepted("good.jpg", &whole).await;
    assert_eq!(caller.ended(&photo["id"]).await["status"], "completed");
    let worker = stack.workers[0].process().unwrap();
    assert!(worker.is_running() && worker.pid() == pid, "the worker is the same");
}

#[tokio::test]
async fn an_unknown_pipeline_is_refused_and_leaves_nothing() {
    let stack = own_stack().await;
    let caller = Caller::new(&stack, "alice");
    let named = |pipeline: &str| [part("name=\"pipeline\"", pipeline.as_bytes()), file_part("a.jpg", &small_jpeg(1))];
    for pipeline in ["nowhere", "../x", "", "UPPER CASE", &"x".repeat(5000)] {
        let reply = caller.upload("/photos/upload", &named(pipeline)).await;
        problem(reply, 422, "unknown_pipeline").await;
    }
    let reply = caller.upload("/photos/upload?pipeline=nowhere", &[file_part("a.jpg", &small_jpeg(1))]).await;
    problem(reply, 422, "unknown_pipeline").await;
    nothing_is_left(&stack, &caller).await;
    let reply = caller.upload("/photos/upload", &named("full_processing")).await;
    assert_eq!(reply.status(), 201, "the older spelling is taken");
    assert_eq!(reply.json::<Value>().await.unwrap()["photos"][0]["pipeline"], "full-processing");
    let reply = caller.upload("/photos/upload?pipeline=full_processing", &[file_part("a.jpg", &small_jpeg(2))]).await;
    assert_eq!(reply.status(), 201);
}

#[tokio::test]
async fn good_photos_are_taken_beside_bad_and_surplus_ones() {
    let stack = small_stack().await;
    let caller = Caller::new(&stack, "alice");
    let (good, other) = (small_jpeg(1), small_jpeg(2));
    let mixed = [file_part("text.jpg", b"only text in here"), file_part("good.jpg", &good)];
    let answer = taken(&caller, &mixed, 207).await;
    assert_eq!(answer, (vec!["good.jpg".to_owned()], vec!["text.jpg: unsupported_media_type".to_owned()]));
    let names = ["1.jpg".to_owned(), "2.jpg".to_owned()];
    let surplus = [file_part("1.jpg", &good), file_part("2.jpg", &other), file_part("3.jpg", &good)];
    let answer = taken(&caller, &surplus, 207).await;
    assert_eq!(answer, (names.to_vec(), vec!["3.jpg: too_large".to_owned()]));
    assert_eq!(taken(&caller, &surplus[..2], 201).await, (names.to_vec(), vec![]));
}

/// Sends the parts as one upload and returns the names of the photos that were accepted, which must all complete, and
/// of those that were refused, with the code.
async fn taken(caller: &Caller, parts: &[Vec<u8>], status: u16) -> (Vec<String>, Vec<String>) {
    let reply = caller.upload("/photos/upload", parts).await;
    assert_eq!(reply.status(), status);
    let request_id = reply.headers()["x-request-id"].to_str().unwrap().to_owned();
    let answer: Value = reply.json().await.unwrap();
    for photo in array(&answer["photos"]) {
        assert_eq!(caller.ended(&photo["id"]).await["status"], "completed");
    }
    assert!(array(&answer["refused"]).iter().all(|problem| problem["requestId"] == request_id.as_str()));
    let accepted = array(&answer["photos"]).iter().map(|photo| text(&photo["fileName"]).to_owned());
    let refused = array(&answer["refused"]).iter();
    let refused = refused.map(|problem| format!("{}: {}", text(&problem["fileName"]), text(&problem["code"])));
    (accepted.collect(), refused.collect())
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[tokio::test]
async fn bodies_that_are_no_whole_multipart_are_invalid() {
    let stack = own_stack().await;
    let caller = Caller::new(&stack, "alice");
    let send = |kind: &str, body: Vec<u8>| {
        caller.request(Method::POST, "/photos/upload").header("content-type", kind).body(body).send()
    };
    let multipart = format!("multipart/form-data; boundary={BOUNDARY}");
    let whole = body(&[file_part("a.jpg", &small_jpeg(1))]);
    let early = whole[..whole.len() / 2].to_vec();
    for (what, kind, body) in [
        ("JSON", "application/json", b"{}".to_vec()),
        ("no boundary", "multipart/form-data", whole.clone()),
        ("another boundary", "multipart/form-data; boundary=other", whole),
        ("no parts", multipart.as_str(), body(&[])),
        ("no files", multipart.as_str(), body(&[part("name=\"note\"", b"hello")])),
        ("an early end", multipart.as_str(), early),
        ("nothing", multipart.as_str(), Vec::new()),
        ("noise", multipart.as_str(), vec![0xff; 3000]),
    ] {
        let answer = problem(send(kind, body).await.unwrap(), 400, "invalid").await;
        assert!(text(&answer["detail"]).len() > 20, "{what}: {answer}");
    }
    let reply = caller.request(Method::POST, "/photos/upload").send().await.unwrap();
    problem(reply, 400, "invalid").await;
    nothing_is_left(&stack, &caller).await;
}

#[tokio::test]
async fn file_names_are_harmless_labels() {
    let stack = own_stack().await;
    let caller = Caller::new(&stack, "alice");
    let long = format!("{}.jpg", "x".repeat(5000));
    let quoted = |name: &str| format!("name=\"photos\"; filename=\"{name}\"");
    for (disposition, label) in [
        (quoted("../../etc/passwd"), "../../etc/passwd".to_owned()),
        (quoted("..\\..\\windows.jpg"), "..\\..\\windows.jpg".to_owned()),
        (quoted("写真.jpg"), "写真.jpg".to_owned()),
        (quoted("<img src=x onerror=alert(1)>.jpg"), "<img src=x onerror=alert(1)>.jpg".to_owned()),
        (quoted("\u{202E}gpj.\u{2066}exe"), "gpj.exe".to_owned()),
        (quoted("two%0D%0Alines.jpg"), "two%0D%0Alines.jpg".to_owned()),
        (quoted(&long), long[..255].to_owned()),
        (quoted(" "), "photo".to_owned()),
    ] {
        let reply = caller.upload("/photos/upload", &[part(&disposition, &small_jpeg(1))]).await;
        let status = reply.status();
        let answer: Value = reply.json().await.unwrap();
        assert_eq!(status, 201, "{disposition}: {answer}");
        let photo = caller.ended(&answer["photos"][0]["id"]).await;
        assert_eq!(photo["fileName"], label.as_str());
        assert_eq!(photo["status"], "completed", "{label}");
    }
    assert!(!stored_originals(&stack).iter().any(|path| path.to_string_lossy().contains("passwd")));
}

#[tokio::test]
async fn control_characters_in_a_file_name_never_come_back() {
    let stack = stack().await;
    let caller = Caller::new(&stack, "alice");
    for name in ["a\r\nX-Evil: 1.jpg", "a\0b.jpg", "a\u{1b}[31mb.jpg", "a\u{7f}\u{85}b.jpg", "a\tb.jpg"] {
        let reply = caller.upload("/photos/upload", &[file_part(name, &small_jpeg(1))]).await;
        assert!(!reply.headers().contains_key("x-evil"), "{name:?}");
        if reply.status() == 400 {
            problem(reply, 400, "invalid").await;
            continue;
        }
        assert_eq!(reply.status(), 201, "{name:?}");
        let answer: Value = reply.json().await.unwrap();
        let label = text(&answer["photos"][0]["fileName"]);
        assert!(!label.chars().any(char::is_control), "{name:?} became {label:?}");
    }
}

#[tokio::test]
async fn questions_that_make_no_sense_are_answered_with_a_problem() {
    let stack = stack().await;
    let caller = Caller::new(&stack, "alice");
    for prefix in ["", "/api"] {
        for query in ["limit=0", "limit=201", "limit=x", "limit=-1", "nonsense=1", "status=nonsense", "after=x"] {
            problem(caller.get(&format!("{prefix}/photos?{query}")).await, 400, "invalid").await;
        }
        for path in
            ["/photos/x", "/photos/%FF", "/photos/x/original", "/photos/x/variants/150", "/photos/x/y", "/nowhere"]
        {
            problem(caller.get(&format!("{prefix}{path}")).await, 404, "not_found").await;
        }
        for (method, path) in [
            (Method::DELETE, "/photos"),
            (Method::PUT, "/photos/x"),
            (Method::POST, "/pipelines"),
            (Method::PATCH, "/photos/x/original"),
        ] {
            let reply = caller.request(method, &format!("{prefix}{path}")).send().await.unwrap();
            problem(reply, 405, "method_not_allowed").await;
        }
        let reply = caller.upload(&format!("{prefix}/photos/upload?nonsense=1"), &[file_part("a.jpg", b"x")]).await;
        problem(reply, 400, "invalid").await;
        for header in ["x-client-id", "x-session-id"] {
            let reply = caller.request(Method::POST, &format!("{prefix}/photos/upload")).header(header, "../x");
            problem(reply.send().await.unwrap(), 400, "invalid").await;
        }
    }
}
