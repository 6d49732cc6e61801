//! Looks at what a platform holds, without asking it: the SQLite file, every object of its buckets, and the ledger of its
//! clients. Prints what is wrong as a line of JSON.

mod objects;
mod rows;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    path::PathBuf,
};

use clap::Parser;
use photo_faults::{findings::Findings, ledger::Ledger};

use objects::Objects;
use rows::Rows;

#[derive(Debug, Parser)]
struct Arguments {
    /// The database of the storage role, which must not run.
    #[arg(long)]
    database: PathBuf,
    /// The ledger of the clients.
    #[arg(long)]
    ledger: PathBuf,
    /// The object store.
    #[arg(long)]
    endpoint: String,
    /// Its key.
    #[arg(long, env = "MINIO_ACCESS_KEY")]
    access_key: String,
    /// Its secret.
    #[arg(long, env = "MINIO_SECRET_KEY", hide_env_values = true)]
    secret_key: String,
    /// What the platform's objects begin with.
    #[arg(long, default_value = "local/")]
    prefix: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let promises = Ledger::read(&arguments.ledger)?;
    let rows = Rows::read(&arguments.database)?;
    let objects = Objects::read(&arguments).await?;
    let mut findings = Findings {
        accepted: promises.len(),
        damage: rows.damage.clone(),
        duplicate_effects: rows.completed_twice.clone(),
        ..Findings::default()
    };
    let by_id: BTreeMap<String, &rows::PhotoRow> = rows.photos.iter().map(|row| (row.id.clone(), row)).collect();
    let mut known = BTreeSet::new();
    for promise in &promises {
        let id = promise.photo.to_string();
        let Some(row) = by_id.get(&id) else {
            findings.lost.push(format!("{id}: there is no row"));
            continue;
        };
        match objects.sha256_of(&row.object_key) {
            None => findings.lost.push(format!("{id}: {} is not there", row.object_key)),
            Some(found) if found != promise.sha256 => findings.wrong_bytes.push(format!("{id}: {}", row.object_key)),
            Some(_) => {}
        }
        if !known.insert(id.clone()) {
            findings.doubled.push(format!("{id} was promised twice"));
        }
    }
    for row in &rows.photos {
        match row.status.as_str() {
            "completed" => {}
            "queued" | "processing" | "uploading" | "deleting" => {
                findings.stuck.push(format!("{}: {}", row.id, row.status));
            }
            other => findings.not_completed.push(format!("{}: {other}", row.id)),
        }
        if !known.contains(&row.id) {
            findings.doubled.push(format!("{} was promised to nobody", row.id));
        }
    }
    let named: BTreeSet<&str> = rows.objects().collect();
    findings.rows_without_blob =
        named.iter().filter(|key| objects.sha256_of(key).is_none()).map(|key| (*key).to_owned()).collect();
    findings.wrong_bytes.extend(rows.variants.iter().filter_map(|variant| {
        let found = objects.sha256_of(&variant.object_key)?;
        (found != variant.sha256).then(|| variant.object_key.clone())
    }));
    findings.orphans = objects.keys().filter(|key| !named.contains(key)).map(str::to_owned).collect();
    writeln!(std::io::stdout(), "{}", serde_json::to_string(&findings)?)?;
    Ok(())
}
