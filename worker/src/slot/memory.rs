//! How much memory one slot may have, by a setting or a share of what the container has, and what fits into it.

use std::{fs, path::Path};

use photo_core::pipeline::{OptimizedFormat, StageKind, StageSpec};

const MEBIBYTE: u64 = 1024 * 1024;

/// Where the kernel shows the groups of version 2.
const CGROUP_ROOT: &str = "/sys/fs/cgroup";

/// Most bytes of address space of one slot. A photo that needs more fails alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotMemory {
    bytes: u64,
}

/// An amount with which slots can't work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSlotMemory {
    /// The setting is too small.
    #[error("SLOT_MEMORY_MIB: {0} is too little, a slot needs at least {least} to start", least = SlotMemory::LEAST_MIB)]
    TooLittle(u64),
    /// The container is too small for its slots.
    #[error(
        "the memory limit of {limit_mib} MiB leaves {share_mib} MiB for each of {concurrency} photos at the same \
         time, and a slot needs at least {least}: raise the limit, lower worker.concurrency, or set SLOT_MEMORY_MIB",
        least = SlotMemory::LEAST_MIB
    )]
    SmallShare {
        /// The container's limit.
        limit_mib: u64,
        /// What it leaves for a slot.
        share_mib: u64,
        /// Photos at the same time.
        concurrency: u16,
    },
}

impl SlotMemory {
    /// The least that a slot is started with. Its program takes half of it, which leaves room for small photos.
    pub const LEAST_MIB: u64 = 64;

    /// What a slot may have where neither a setting nor a container says: enough for any photo of the default limits of
    /// 100 million pixels and 50 MiB.
    pub const DEFAULT_MIB: u64 = 1536;

    /// What a slot takes besides its photo: 32 MiB of address space for the program, and what lies between the pieces of its
    /// heap.
    const BESIDE_BYTES: u64 = 96 * MEBIBYTE;

    /// What a pixel takes in the costliest case that was measured, 16-bit RGBA in PNG. Photos of cameras take 6 to 7
    /// where a stage needs all of their pixels, 9 to 11 where it makes a PNG or WebP of them, and less than 1 for
    /// thumbnails alone. More take: a PNG of noise, up to 16; a copy in AVIF; and a copy in WebP of a picture with transparent
    /// pixels, up to 40, which libwebp needs for their alpha.
    const BYTES_PER_PIXEL: u64 = 12;

    /// What a pixel takes where a copy in AVIF is made of it: 15 to 17 were measured of photos of 24 megapixels, 25 of smaller
    /// ones with more detail, and 2 more of transparent ones. The encoder keeps what it codes until the end: noise takes 40,
    /// and at a quality of 100 up to 110.
    const AVIF_BYTES_PER_PIXEL: u64 = 28;

    /// What the worker's own process needs besides its slots: its program and connections, and for each slot the outputs
    /// of its photo.
    const PARENT_MIB: u64 = 64;

    /// As much as the setting says; else an equal share of this container's memory for each of `concurrency` slots,
    /// less what the worker itself needs; else [`SlotMemory::DEFAULT_MIB`].
    ///
    /// # Errors
    /// Where it is less than [`SlotMemory::LEAST_MIB`].
    pub fn of(setting_mib: Option<u64>, concurrency: u16) -> Result<Self, InvalidSlotMemory> {
        let limit = || container_limit(Path::new(CGROUP_ROOT), &fs::read_to_string("/proc/self/cgroup").ok()?);
        match setting_mib {
            Some(mebibytes) => Self::of_mebibytes(mebibytes),
            None => limit().map_or(Self::of_mebibytes(Self::DEFAULT_MIB), |limit| Self::share(limit, concurrency)),
        }
    }

    fn of_mebibytes(mebibytes: u64) -> Result<Self, InvalidSlotMemory> {
        if mebibytes < Self::LEAST_MIB {
            return Err(InvalidSlotMemory::TooLittle(mebibytes));
        }
        Ok(Self { bytes: mebibytes.saturating_mul(MEBIBYTE) })
    }

    fn share(limit_bytes: u64, concurrency: u16) -> Result<Self, InvalidSlotMemory> {
        let limit_mib = limit_bytes / MEBIBYTE;
        let share_mib = limit_mib.saturating_sub(Self::PARENT_MIB) / u64::from(concurrency.max(1));
        Self::of_mebibytes(share_mib).map_err(|_| InvalidSlotMemory::SmallShare { limit_mib, share_mib, concurrency })
    }

    /// In bytes.
    pub fn bytes(self) -> u64 {
        self.bytes
    }

    /// How many pixels a picture of any format may have so that its stages surely fit, where its file has `file_bytes`.
    pub fn pixels_that_fit(self, file_bytes: u64, stages: &[StageSpec]) -> u64 {
        let copies_in_avif = stages.iter().any(|stage| match stage.kind {
            StageKind::Optimization(copy) => copy.format == OptimizedFormat::Avif,
            StageKind::Validation(_) | StageKind::Thumbnails(_) | StageKind::Metadata(_) | StageKind::Watermark(_) => {
                false
            }
        });
        let per_pixel = if copies_in_avif { Self::AVIF_BYTES_PER_PIXEL } else { Self::BYTES_PER_PIXEL };
        self.bytes.saturating_sub(Self::BESIDE_BYTES).saturating_sub(file_bytes) / per_pixel
    }
}

/// The least `memory.max` of a process's group and the groups above it, in bytes; `None` where none has one.
fn container_limit(root: &Path, own_groups: &str) -> Option<u64> {
    let group = own_groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let folder = root.join(group);
    let groups = folder.ancestors().take_while(|folder| folder.starts_with(root));
    groups.filter_map(|folder| fs::read_to_string(folder.join("memory.max")).ok()?.trim().parse().ok()).min()
}

#[cfg(test)]
mod tests {
    use photo_core::pipeline::OptimizationSpec;

    use super::*;

    fn mebibytes(memory: Result<SlotMemory, InvalidSlotMemory>) -> u64 {
        memory.unwrap().bytes() / MEBIBYTE
    }

    #[test]
    fn a_setting_stands_above_the_container() {
        assert_eq!(mebibytes(SlotMemory::of(Some(200), 64)), 200);
        let refused = SlotMemory::of(Some(63), 1).unwrap_err();
        assert_eq!(refused.to_string(), "SLOT_MEMORY_MIB: 63 is too little, a slot needs at least 64 to start");
    }

    #[test]
    fn the_default_memory_is_enough_for_the_default_limits() {
        let limits = photo_core::pipeline::ValidationSpec::default();
        let memory = SlotMemory::of_mebibytes(SlotMemory::DEFAULT_MIB).unwrap();
        assert!(memory.pixels_that_fit(limits.max_bytes, &[]) >= limits.max_pixels);
        assert_eq!(SlotMemory::of_mebibytes(120).unwrap().pixels_that_fit(0, &[]), 2 * MEBIBYTE);
        assert_eq!(SlotMemory::of_mebibytes(64).unwrap().pixels_that_fit(1, &[]), 0, "surely none");
    }

    #[test]
    fn fewer_pixels_fit_where_a_copy_of_them_is_in_avif() {
        let fit = |format| {
            let copy = StageKind::Optimization(OptimizationSpec { format, ..OptimizationSpec::default() });
            let stages = [StageSpec::new("shrink".parse().unwrap(), copy)];
            SlotMemory::of_mebibytes(96 + 336).unwrap().pixels_that_fit(0, &stages)
        };
        assert_eq!(fit(OptimizedFormat::WebP), 28 * MEBIBYTE);
        assert_eq!(fit(OptimizedFormat::Avif), 12 * MEBIBYTE);
    }

    #[test]
    fn slots_share_what_the_worker_leaves() {
        assert_eq!(mebibytes(SlotMemory::share(512 * MEBIBYTE, 2)), 224);
        assert_eq!(mebibytes(SlotMemory::share(512 * MEBIBYTE, 7)), 64);
        let refused = SlotMemory::share(512 * MEBIBYTE, 8).unwrap_err().to_string();
        assert!(refused.contains("512 MiB leaves 56 MiB for each of 8 photos"), "{refused}");
        assert!(SlotMemory::share(0, 1).is_err());
    }

    #[test]
    fn the_narrowest_group_around_the_process_counts() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("pod/container");
        fs::create_dir_all(&inner).unwrap();
        let limit = || container_limit(root.path(), "4:memory:/old\n0::/pod/container\n");
        assert_eq!(limit(), None);
        fs::write(inner.join("memory.max"), "max\n").unwrap();
        assert_eq!(limit(), None);
        fs::write(root.path().join("pod/memory.max"), "600\n").unwrap();
        assert_eq!(limit(), Some(600));
        fs::write(inner.join("memory.max"), "500\n").unwrap();
        assert_eq!(limit(), Some(500));
        assert_eq!(container_limit(root.path(), "4:memory:/pod/container\n"), None, "version 1 is not read");
    }

    #[test]
    fn a_container_sees_its_own_group_as_the_root() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("memory.max"), "700\n").unwrap();
        assert_eq!(container_limit(root.path(), "0::/\n"), Some(700));
    }
}
