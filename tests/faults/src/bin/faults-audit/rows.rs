//! The rows of the database file.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

/// A photo.
pub(crate) struct PhotoRow {
    pub(crate) id: String,
    pub(crate) status: String,
    pub(crate) object_key: String,
}

/// An output of a photo.
pub(crate) struct VariantRow {
    pub(crate) object_key: String,
    pub(crate) sha256: String,
}

/// Everything that the database says of photos.
pub(crate) struct Rows {
    pub(crate) photos: Vec<PhotoRow>,
    pub(crate) variants: Vec<VariantRow>,
    pub(crate) completed_twice: Vec<String>,
    pub(crate) damage: Vec<String>,
}

impl Rows {
    /// Reads a database that nobody has open.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        // Not read-only: what the write-ahead log holds has to be brought in.
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let mut statement = connection.prepare("SELECT id, status, object_key FROM photos")?;
        let photos = statement
            .query_map([], |row| Ok(PhotoRow { id: row.get(0)?, status: row.get(1)?, object_key: row.get(2)? }))?;
        let photos = photos.collect::<rusqlite::Result<_>>()?;
        let mut statement = connection.prepare("SELECT object_key, sha256 FROM variants")?;
        let variants =
            statement.query_map([], |row| Ok(VariantRow { object_key: row.get(0)?, sha256: row.get(1)? }))?;
        let variants = variants.collect::<rusqlite::Result<_>>()?;
        let mut statement = connection.prepare(
            "SELECT photo_id || ' generation ' || generation || ': ' || count(*) FROM runs WHERE outcome = 'completed' \
             GROUP BY photo_id, generation HAVING count(*) > 1",
        )?;
        let completed_twice = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        let mut statement = connection.prepare("PRAGMA integrity_check")?;
        let told = statement.query_map([], |row| row.get::<_, String>(0))?;
        let damage = told.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().filter(|line| line != "ok").collect();
        Ok(Self { photos, variants, completed_twice, damage })
    }

    /// The keys of all objects that a row names.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &str> {
        let originals = self.photos.iter().map(|row| row.object_key.as_str());
        originals.chain(self.variants.iter().map(|row| row.object_key.as_str()))
    }
}
