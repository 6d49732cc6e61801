//! A temporary runner of the blob store's laws on MinIO.
#[path = "matrix/s3.rs"]
mod s3;

use photo_core::contract::blob_store::LAWS;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn laws() {
    let subject = s3::subject().await;
    for law in LAWS {
        let begun = std::time::Instant::now();
        (law.check)(&subject).await;
        println!("{:>6} ms  {}", begun.elapsed().as_millis(), law.name);
    }
    let open: Vec<_> = walk(&subject.server().process().log().with_file_name("drive/.minio.sys/multipart"));
    println!("left in multipart: {open:?}");
}

fn walk(path: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.path().is_dir() { found.extend(walk(&entry.path())) } else { found.push(entry.path()) }
    }
    found
}
