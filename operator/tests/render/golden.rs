//! Every rendered object as a file. `UPDATE_GOLDEN=1` writes the files; whoever changes them reads the difference.

use std::{collections::BTreeMap, fs, path::Path};

use photo_operator::{children::Rendered, labels};
use serde_json::Value;

use crate::sample;

#[test]
fn children_are_those_of_the_golden_files() {
    let folder = Path::new(env!("REPOSITORY")).join("operator/tests/golden");
    for (name, sample) in sample::all() {
        // The same platform is not written for each of its pipelines.
        let is_pipelines = name.ends_with("-processing");
        let children = sample.rendered();
        let written = children.iter().filter(|child| !is_pipelines || is_of_pipeline(child));
        let rendered: BTreeMap<String, String> = written.map(file).collect();
        let folder = folder.join(name);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            write(&folder, &rendered);
        }
        let golden = read(&folder);
        let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&rendered), names(&golden), "{name}: set UPDATE_GOLDEN=1 and read the difference");
        for (file, text) in &rendered {
            assert_eq!(text, &golden[file], "{name}/{file}: set UPDATE_GOLDEN=1 and read the difference");
        }
    }
}

fn is_of_pipeline(child: &Rendered) -> bool {
    child.object["metadata"]["labels"].get(labels::PIPELINE).is_some()
}

/// The name and text of an object's file. What changes with every release is not in it.
fn file(child: &Rendered) -> (String, String) {
    let mut object = child.object.clone();
    let text = |object: &mut Value, field: &str, key: &str| {
        let metadata = object.get_mut("metadata").and_then(|metadata| metadata.get_mut(field));
        metadata.and_then(Value::as_object_mut).and_then(|texts| texts.remove(key)).unwrap()
    };
    assert_eq!(text(&mut object, "labels", labels::VERSION), env!("CARGO_PKG_VERSION"));
    assert_eq!(text(&mut object, "annotations", labels::RENDERED).as_str().unwrap().len(), 16);
    let kind = child.object["kind"].as_str().unwrap().to_lowercase();
    (format!("{kind}-{}.yaml", child.name), serde_saphyr::to_string(&object).unwrap())
}

fn write(folder: &Path, files: &BTreeMap<String, String>) {
    fs::create_dir_all(folder).unwrap();
    for name in read(folder).into_keys().filter(|name| !files.contains_key(name)) {
        fs::remove_file(folder.join(name)).unwrap();
    }
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
}

fn read(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())).collect()
}
