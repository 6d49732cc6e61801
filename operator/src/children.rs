//! Children: the objects that an owner (a platform or a pipeline) is made of.
//!
//! What they should be is [`Rendered`], pure; what they are is [`Live`], as the API server last told.

mod family;
mod kind;
mod rendered;

pub use family::{Family, OwnerKind};
pub use kind::ChildKind;
pub use rendered::{NotRendered, Rendered};
