//! What a start says to the person who started it.

use std::{fmt, path::Path};

use photo_core::pipeline::PipelineName;
use photo_local::documents::Declaration;

use crate::catalogue::OpenWork;

/// A platform that is ready.
#[derive(Debug)]
pub(crate) struct Greeting<'a> {
    pub(crate) declaration: &'a Declaration,
    pub(crate) url: &'a str,
    /// Signs the page in.
    pub(crate) token: &'a str,
    pub(crate) folder: &'a Path,
    pub(crate) open: OpenWork,
    /// From the start of the process.
    pub(crate) milliseconds: u128,
}

impl fmt::Display for Greeting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { declaration, url, token, folder, open, milliseconds } = self;
        writeln!(f, "\nThe photo platform `{}` is ready after {milliseconds} ms.\n", declaration.name)?;
        writeln!(f, "  Open       {url}/#token={token}")?;
        writeln!(f, "  Folder     {}", folder.display())?;
        writeln!(f, "  Pipelines  {}", pipelines(declaration))?;
        if open.photos > 0 {
            writeln!(f, "  Open work  {} photos of the last time go on now", open.photos)?;
        }
        for pipeline in &declaration.waiting {
            writeln!(f, "  Note       photos of `{pipeline}` wait: it is paused or stopped")?;
        }
        for (pipeline, photos) in &open.orphans {
            writeln!(
                f,
                "  Note       {photos} photos wait for the pipeline `{pipeline}`, which is not declared any more"
            )?;
        }
        writeln!(
            f,
            "\nUpload photos there, or with `photo-local upload FILE...`. Ctrl-C stops the platform; the next"
        )?;
        writeln!(f, "start goes on where this one ended.")
    }
}

fn pipelines(declaration: &Declaration) -> String {
    let default = declaration.spec.default_pipeline_ref.as_ref().map(|reference| &reference.name);
    let shown = |(name, _): &(PipelineName, _)| {
        if default == Some(name) { format!("{name} (default)") } else { name.to_string() }
    };
    declaration.pipelines.iter().map(shown).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use photo_core::{
        pipeline::PipelineSpec,
        platform::{PipelineRef, PlatformSpec},
    };

    use super::*;

    #[test]
    fn it_says_where_to_go_and_what_is_open() {
        let name = |text: &str| -> PipelineName { text.parse().unwrap() };
        let default_pipeline_ref = Some(PipelineRef { name: name("full") });
        let declaration = Declaration {
            name: "home".parse().unwrap(),
            spec: PlatformSpec { default_pipeline_ref, ..PlatformSpec::default() },
            pipelines: ["full", "quick"].map(|text| (name(text), PipelineSpec::of(Vec::new()))).to_vec(),
            waiting: BTreeSet::new(),
            marks: BTreeMap::new(),
            passed_over: Vec::new(),
        };
        let greeting = Greeting {
            declaration: &declaration,
            url: "http://127.0.0.1:3000",
            token: "abc",
            folder: Path::new("/photos/home"),
            open: OpenWork::default(),
            milliseconds: 84,
        };
        let said = greeting.to_string();
        for text in
            ["`home` is ready after 84 ms", "http://127.0.0.1:3000/#token=abc", "/photos/home", "full (default), quick"]
        {
            assert!(said.contains(text), "{text}: {said}");
        }
        assert!(!said.contains("Open work") && !said.contains("Note"), "{said}");
        let said = Greeting { open: OpenWork { photos: 3, orphans: vec![(name("old"), 2)] }, ..greeting }.to_string();
        assert!(said.contains("3 photos of the last time") && said.contains("2 photos wait for the pipeline `old`"));
    }
}
