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

fn status(field: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    text.lines()
        .find_map(|l| l.strip_prefix(field)?.strip_prefix(':')?.trim().strip_suffix(" kB"))
        .unwrap()
        .parse()
        .unwrap()
}
fn cpu_ms() -> u64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let f: Vec<&str> = text.rsplit(") ").next().unwrap().split(' ').collect();
    (f[11].parse::<u64>().unwrap() + f[12].parse::<u64>().unwrap()) * 10
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn measure() {
    use photo_core::{
        blob_key::*,
        contract::Subject,
        id::*,
        image_format::ImageFormat,
        port::{BlobStore, blob_store::BlobBody},
    };
    let subject = s3::subject().await;
    let store = subject.port();
    store.prepare("m").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("big");
    let mut seed = 1u64;
    let mut noise = |n: usize| -> Vec<u8> {
        (0..n)
            .map(|_| {
                seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1);
                (seed >> 33) as u8
            })
            .collect()
    };
    std::fs::write(&path, noise(50 << 20)).unwrap();
    let small = folder.path().join("small");
    std::fs::write(&small, noise(5_000_000)).unwrap();
    let loc = || BlobLocation {
        bucket: BucketPurpose::Originals,
        key: BlobKey::Original { photo: PhotoId::generate(), upload: UploadId::generate() },
    };
    println!("before: RSS {} KiB, peak {} KiB", status("VmRSS"), status("VmHWM"));
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    for _ in 0..3 {
        store
            .put(&loc(), ImageFormat::Jpeg, &BlobBody::File { path: small.clone(), size_bytes: 5_000_000 })
            .await
            .unwrap();
    }
    let (c, t) = (cpu_ms(), std::time::Instant::now());
    for _ in 0..100 {
        store
            .put(&loc(), ImageFormat::Jpeg, &BlobBody::File { path: small.clone(), size_bytes: 5_000_000 })
            .await
            .unwrap();
    }
    println!("100 x 5 MB sequential: cpu {} ms, wall {} ms", cpu_ms() - c, t.elapsed().as_millis());
    println!("after small: RSS {} KiB, peak {} KiB", status("VmRSS"), status("VmHWM"));
    for round in 0..2 {
        let (c, t) = (cpu_ms(), std::time::Instant::now());
        let n = if round == 0 { 16 } else { 32 };
        futures::future::join_all((0..n).map(|_| {
            let (store, path) = (store.clone(), path.clone());
            async move {
                tokio::spawn(async move {
                    store.put(&loc(), ImageFormat::Jpeg, &BlobBody::File { path, size_bytes: 50 << 20 }).await.unwrap()
                })
                .await
                .unwrap()
            }
        }))
        .await;
        println!(
            "{n} x 50 MiB at once: cpu {} ms, wall {} ms, RSS {} KiB, peak {} KiB",
            cpu_ms() - c,
            t.elapsed().as_millis(),
            status("VmRSS"),
            status("VmHWM")
        );
    }
    let l = loc();
    store.put(&l, ImageFormat::Jpeg, &BlobBody::File { path: small.clone(), size_bytes: 5_000_000 }).await.unwrap();
    let (c, t) = (cpu_ms(), std::time::Instant::now());
    for _ in 0..100 {
        use futures::StreamExt;
        let mut r = store.get(&l).await.unwrap();
        while let Some(b) = r.chunks.next().await {
            b.unwrap();
        }
    }
    println!("100 x 5 MB get: cpu {} ms, wall {} ms", cpu_ms() - c, t.elapsed().as_millis());
    println!("minio peak {} MiB", subject.server().process().peak_rss_bytes().unwrap() >> 20);
}
