//! A pipeline's children, from its spec and its platform's alone.

mod worker;

use crate::{
    api::{Autoscaling, AutoscalingMode, Operation, ProcessingPipelineSpec},
    children::{Family, NotRendered, OwnerKind, Rendered},
    marks::MarkVersions,
    network_policy::{self, Network},
    platform::build::PlatformInput,
    pod::Ground,
    workload::Replicas,
};

/// What a pipeline's children are made from.
#[derive(Debug, Clone, Copy)]
pub struct PipelineInput<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its uid.
    pub uid: &'a str,
    /// What is wanted.
    pub spec: &'a ProcessingPipelineSpec,
    /// The image that its workers run now.
    pub image: &'a str,
    /// The images that its watermarks name, as they are now.
    pub marks: &'a MarkVersions,
    /// Its platform, of the same namespace.
    pub platform: PlatformInput<'a>,
}

impl<'a> PipelineInput<'a> {
    /// The family of its children.
    pub fn family(&self) -> Family<'a> {
        Family {
            kind: OwnerKind::ProcessingPipeline,
            name: self.name,
            namespace: self.platform.namespace,
            uid: self.uid,
            platform: self.platform.name,
        }
    }

    /// Whether it has workers.
    pub fn runs(&self) -> bool {
        self.spec.operation != Operation::Stopped && self.platform.runs()
    }

    /// How many workers it has.
    pub fn replicas(&self) -> Replicas {
        match self.spec.autoscaling {
            _ if !self.runs() => Replicas::Fixed(0),
            Some(Autoscaling { mode: AutoscalingMode::Queue | AutoscalingMode::Cpu, min_replicas: first, .. }) => {
                Replicas::Chosen { first }
            }
            Some(Autoscaling { mode: AutoscalingMode::External | AutoscalingMode::Disabled, .. }) | None => {
                Replicas::Fixed(self.spec.replicas)
            }
        }
    }

    fn ground(&self) -> Ground<'a> {
        Ground {
            family: self.family(),
            node_selector: Some(&self.spec.worker.node_selector),
            tolerations: &self.spec.worker.tolerations,
            ..self.platform.ground()
        }
    }
}

/// A pipeline's children in the order of applying.
///
/// # Errors
/// The spec says what workers would refuse.
pub fn children(input: &PipelineInput) -> Result<Vec<Rendered>, NotRendered> {
    let mut children = worker::children(input)?;
    let platform = &input.platform;
    let network =
        Network { family: input.family(), spec: platform.spec, operator_namespace: platform.operator_namespace };
    children.extend(network_policy::children(&network)?);
    children.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    Ok(children)
}
