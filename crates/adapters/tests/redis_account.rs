//! What a Redis that refuses us means: each refusal of a real one has the reason that names who can mend it.
#![expect(clippy::unwrap_used, reason = "a test's own functions end it as its body does")]

use std::sync::Arc;

use photo_adapters::redis::{BullQueue, BullSettings, RedisConfig, RedisEndpoint};
use photo_core::port::{ErrorKind, JobQueue, Reason};
use photo_stack::redis_server::RedisServer;
use tempfile::TempDir;

struct Redis {
    server: RedisServer,
    folder: TempDir,
}

impl Redis {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { server: RedisServer::start(folder.path()).await.unwrap(), folder }
    }

    async fn tell(&self, command: &str) {
        assert_eq!(self.server.ask(command).await.unwrap(), "+OK", "{command}");
    }

    /// A queue for `user`, whose password is in a file.
    fn queue(&self, user: &str, password: &str) -> BullQueue {
        let file = self.folder.path().join(format!("{user}.password"));
        std::fs::write(&file, password).unwrap();
        let config = RedisConfig {
            redis_url: self.server.url().replace("//", &format!("//{user}@")).into(),
            redis_password: None,
            redis_password_file: Some(file),
            redis_username_file: None,
            redis_prefix: String::new(),
        };
        BullQueue::new(Arc::new(RedisEndpoint::new(&config).unwrap()), BullSettings::default())
    }
}

async fn reason(queue: &BullQueue) -> Reason {
    queue.ready().await.unwrap_err().reason()
}

#[tokio::test]
async fn a_wrong_password_is_told_from_missing_rights_and_from_an_outage() {
    let redis = Redis::start().await;
    redis.tell("ACL SETUSER ann on >right-one ~* &* +@all").await;
    redis.tell("ACL SETUSER bob on >right-one ~* &* +@connection -ping").await;
    redis.queue("ann", "right-one").ready().await.unwrap();
    let wrong = redis.queue("ann", "wrong-one").ready().await.unwrap_err();
    assert_eq!((wrong.kind(), wrong.reason()), (ErrorKind::Denied, Reason::AuthFailed), "{}", wrong.chain());
    assert_eq!(reason(&redis.queue("nobody", "right-one")).await, Reason::AuthFailed);
    assert_eq!(reason(&redis.queue("bob", "right-one")).await, Reason::AccessDenied);
    let queue = redis.queue("ann", "right-one");
    redis.server.kill();
    assert_eq!(reason(&queue).await, Reason::Unreachable);
}
