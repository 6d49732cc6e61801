//! Environment variables of a container.

use k8s_openapi::api::core::v1::{EnvVar, EnvVarSource, ObjectFieldSelector};

use super::files::{SecretFile, secret_path};

/// Environment variables, each once, none of them secret: `X_FILE` names the file that a secret `X` is in.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Environment(Vec<EnvVar>);

impl Environment {
    /// With this variable. A `$(` in the value stays as it is.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        // Kubernetes replaces `$(NAME)`, and `$$` is how a `$` is written.
        let value = value.into().replace("$(", "$$(");
        self.0.push(EnvVar { name: name.to_owned(), value: Some(value), value_from: None });
        self
    }

    /// With a number in this variable.
    #[must_use]
    pub fn with_number(self, name: &str, number: impl Into<i64>) -> Self {
        self.with(name, number.into().to_string())
    }

    /// With the name of its pod in this variable.
    #[must_use]
    pub fn with_pod_name(mut self, name: &str) -> Self {
        let field = ObjectFieldSelector { field_path: "metadata.name".to_owned(), api_version: None };
        let value_from = Some(EnvVarSource { field_ref: Some(field), ..EnvVarSource::default() });
        self.0.push(EnvVar { name: name.to_owned(), value: None, value_from });
        self
    }

    /// With the path of that file in this variable.
    #[must_use]
    pub fn with_file(self, name: &str, file: &SecretFile) -> Self {
        self.with(name, secret_path(file.path))
    }

    /// With all of those.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// As a container wants them.
    pub fn into_variables(self) -> Option<Vec<EnvVar>> {
        (!self.0.is_empty()).then_some(self.0)
    }
}
