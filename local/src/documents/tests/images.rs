//! Images of watermarks, from a ConfigMap among the documents.

use photo_core::pipeline::ConfigMapKeyRef;

use super::*;

/// A bitmap of one red pixel, in base64 with a line break, as people wrap it.
const IMAGE: &str = "Qk06AAAAAAAAADYAAAAoAAAAAQAAAAEA\n    AAABABgAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAD/AA==";

fn marked() -> String {
    let mark = "{name: mark, type: Watermark, watermark: {imageConfigMapRef: {name: logo, key: a.bmp}}}\n  \
                - {name: slim, type: Optimization}";
    pipeline("{name: check, type: Validation}", mark)
}

fn config_map(metadata: &str, content: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {metadata}\n{content}\n")
}

fn logo(metadata: &str) -> String {
    config_map(metadata, &format!("binaryData:\n  a.bmp: |\n    {IMAGE}"))
}

#[test]
fn an_image_comes_from_the_config_map_that_its_pipeline_names() {
    let unused = config_map("{name: theirs}", "data: {a: b}");
    for documents in [
        [PLATFORM, &marked(), &logo("{name: logo}"), &unused],
        [&logo("{name: logo, namespace: photos, labels: {a: b}}"), &unused, &marked(), PLATFORM],
    ] {
        let declaration = read_text(&documents.join("---\n")).unwrap();
        let (image, file) = declaration.marks.first_key_value().unwrap();
        assert_eq!(*image, ConfigMapKeyRef::new("logo", "a.bmp").unwrap());
        assert_eq!((declaration.marks.len(), file.len(), &file[..2]), (1, 58, &b"BM"[..]));
    }
    let without = read_text(&[PLATFORM, PIPELINE, &logo("{name: logo}")].join("---\n")).unwrap();
    assert!(without.marks.is_empty(), "nobody lays it onto pictures");
}

#[test]
fn an_image_that_is_not_there_or_none_is_told_with_what_to_write() {
    let said = |config_maps: &[&str]| refusal(&[&[PLATFORM, &marked()], config_maps].concat());
    let missing = "a.yaml, document 2 (line 6): the pipeline `full` lays the image `logo/a.bmp` onto pictures, but the \
                   documents hold no ConfigMap `logo`: add what `kubectl create configmap logo --from-file=a.bmp=FILE \
                   --dry-run=client -o yaml` writes";
    assert_eq!(said(&[]), missing);
    assert_eq!(said(&[&logo("{name: theirs}")]), missing);
    let elsewhere = refusal(&[
        PLATFORM,
        &marked().replace("{name: full}", "{name: full, namespace: photos}"),
        &logo("{name: logo, namespace: theirs}"),
    ]);
    assert_eq!(elsewhere, missing);
    assert_eq!(
        said(&[&config_map("{name: logo}", "data: {b.bmp: x}")]),
        "a.yaml, document 3 (line 15): the ConfigMap `logo` lacks the key `a.bmp`, the image that the pipeline `full` lays \
         onto pictures: write the file in base64 as binaryData.a.bmp, or name another key"
    );
    assert_eq!(
        said(&[&logo("{name: logo}"), &logo("{name: logo}")]),
        "a.yaml, document 4 (line 23): a second ConfigMap `logo`, after the one in a.yaml, document 3 (line 15); rename or \
         remove either"
    );
    assert_eq!(
        said(&[&config_map("{name: logo}", "data: {a.bmp: x}")]),
        "a.yaml, document 3 (line 15): the image `logo/a.bmp` can't be a watermark: This is not a JPEG, PNG, GIF, WebP or \
         BMP file."
    );
    let broken = said(&[&config_map("{name: logo}", "binaryData: {a.bmp: '%'}")]);
    assert!(broken.starts_with("a.yaml, document 3 (line 15) can't be read as a ConfigMap:\n"), "{broken}");
}
