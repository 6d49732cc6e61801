//! Children: the objects that an owner (a platform or a pipeline) is made of.
//!
//! What they should be is [`Rendered`], what they are is [`Live`], what is to be done is [`plan()`]; all of it is pure.

mod belonging;
mod difference;
mod family;
mod kind;
mod live;
mod plan;
mod rendered;
mod volumes;

pub use belonging::Belonging;
pub use family::{Family, OwnerKind};
pub use kind::ChildKind;
pub use live::{Live, Workload};
pub use plan::{ConflictingOwner, Doomed, Step, is_free, plan};
pub use rendered::{NotRendered, Rendered};
pub use volumes::{Growing, is_bound, sizes, unfinished};
