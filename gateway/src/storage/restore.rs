//! `photo-gateway restore`: a backup takes the database's place, while the storage role does not run.

use std::{io::Write, path::Path, str::FromStr};

use anyhow::{Context, bail};
use futures::TryStreamExt;
use photo_adapters::{
    s3::{S3BlobStore, S3Config},
    sqlite::{self, RestoreTarget, Restored, SqliteConfig},
};
use photo_core::{
    clock::Clock,
    id::{BackupId, InvalidId},
    port::BlobStore,
};
use photo_runtime::telemetry::{self, LogConfig};
use tokio::{fs::File, io::AsyncWriteExt};

use super::backup::{self, StoredBackup};

/// What is to be done, with the environment of the storage role.
#[derive(Debug, clap::Args)]
pub struct RestoreCommand {
    #[command(flatten)]
    action: Action,
    /// Replaces the database that is there; it is kept beside the restored one.
    #[arg(long, requires = "backup")]
    replace: bool,
    #[command(flatten)]
    sqlite: SqliteConfig,
    #[command(flatten)]
    store: S3Config,
    #[command(flatten)]
    log: LogConfig,
}

/// One of these.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Action {
    /// Prints which backups there are.
    #[arg(long)]
    list: bool,
    /// The backup to restore: its id, or `latest`.
    #[arg(long)]
    backup: Option<Wanted>,
    /// Says that all is well after a restore: what no photo names may go again. The storage role may run.
    #[arg(long)]
    clear: bool,
}

/// Which backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Latest,
    This(BackupId),
}

impl FromStr for Wanted {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if text == "latest" { Ok(Self::Latest) } else { text.parse().map(Self::This) }
    }
}

impl RestoreCommand {
    /// Does what is asked and tells it on stdout.
    ///
    /// # Errors
    /// Nothing was changed; the text says why and what to do.
    pub async fn run(self) -> anyhow::Result<()> {
        telemetry::start(&self.log)?;
        let text = match self.action.backup {
            _ if self.action.clear => clear(&self.sqlite.path)?,
            Some(wanted) => self.restore(wanted).await?,
            None => table(&backup::stored(&S3BlobStore::new(&self.store)?).await?),
        };
        writeln!(std::io::stdout(), "{text}")?;
        Ok(())
    }

    async fn restore(&self, wanted: Wanted) -> anyhow::Result<String> {
        // Before anything is fetched: it may not be wanted.
        let target = RestoreTarget::claim(&self.sqlite.path, self.replace)?;
        let blobs = S3BlobStore::new(&self.store)?;
        let found = find(&backup::stored(&blobs).await?, wanted)?;
        fetch(&blobs, found, target.unfinished()).await?;
        let restored = Restored { backup: found.id, restored_at: Clock::System.now() };
        let kept = tokio::task::spawn_blocking(move || target.restore(&restored)).await??;
        let kept = kept.map(|kept| format!("The database that was there is kept as {}.\n", kept.display()));
        Ok(format!(
            "{path} is the backup {id} of {time} now.\n{kept}\
             Start the storage role. Until `photo-gateway restore --clear` no object is removed that no photo names: \
             photos that came after the backup are among them.",
            path = self.sqlite.path.display(),
            id = found.id,
            time = found.id.time(),
            kept = kept.unwrap_or_default(),
        ))
    }
}

fn find(stored: &[StoredBackup], wanted: Wanted) -> anyhow::Result<StoredBackup> {
    let found = match wanted {
        Wanted::Latest => stored.last(),
        Wanted::This(id) => stored.iter().find(|backup| backup.id == id),
    };
    match (found, wanted) {
        (Some(found), _) => Ok(*found),
        (None, Wanted::Latest) => {
            bail!("there is no backup: BUCKET_BACKUPS and OBJECT_PREFIX say where backups are looked for")
        }
        (None, Wanted::This(id)) => bail!("there is no backup {id}: `photo-gateway restore --list` shows all"),
    }
}

async fn fetch(blobs: &dyn BlobStore, backup: StoredBackup, path: &Path) -> anyhow::Result<()> {
    let mut reader = blobs.get(&backup::location(backup.id)).await?;
    let write = async {
        let mut file = File::create(path).await?;
        while let Some(chunk) = reader.chunks.try_next().await? {
            file.write_all(&chunk).await?;
        }
        file.flush().await?;
        anyhow::Ok(())
    };
    write.await.with_context(|| format!("fetching the backup {} into {}", backup.id, path.display()))
}

fn clear(database: &Path) -> anyhow::Result<String> {
    Ok(match sqlite::clear_guard(database)? {
        Some(Restored { backup, restored_at }) => format!(
            "{} was restored from the backup {backup} at {restored_at}. From now on objects that no photo names go \
             again, as CLEANUP says, after their grace.",
            database.display()
        ),
        None => format!("{} is not a restored database, or that was settled before.", database.display()),
    })
}

/// A line for each backup, newest first.
fn table(stored: &[StoredBackup]) -> String {
    let mut lines = vec![format!("{:<36}  {:<24}  {:>12}", "BACKUP", "TIME", "BYTES")];
    lines.extend(
        stored
            .iter()
            .rev()
            .map(|StoredBackup { id, size_bytes }| format!("{id}  {:<24}  {size_bytes:>12}", id.time().to_string())),
    );
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_backup_is_the_latest_and_a_missing_one_is_told() {
        let now = "2026-11-22T01:00:00Z".parse().unwrap();
        let older = BackupId::after(None, now);
        let newer = BackupId::after(Some(older), now);
        let stored = [older, newer].map(|id| StoredBackup { id, size_bytes: 7 });
        assert_eq!(find(&stored, "latest".parse().unwrap()).unwrap().id, newer);
        assert_eq!(find(&stored, older.to_string().parse().unwrap()).unwrap().id, older);
        let refusal = find(&stored[..1], Wanted::This(newer)).unwrap_err().to_string();
        assert!(refusal.contains("--list"), "{refusal}");
        assert!(find(&[], Wanted::Latest).is_err());
    }

    #[test]
    fn the_table_shows_the_newest_first() {
        let now = "2026-11-22T01:00:00Z".parse().unwrap();
        let older = BackupId::after(None, now);
        let newer = BackupId::after(Some(older), now);
        let text = table(&[older, newer].map(|id| StoredBackup { id, size_bytes: 7 }));
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(lines[0], format!("{newer}  2026-11-22T01:00:00.001Z             7"));
        assert_eq!(lines[1], format!("{older}  2026-11-22T01:00:00Z                 7"));
    }
}
