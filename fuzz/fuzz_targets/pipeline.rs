//! Any text as a pipeline, in JSON and in YAML: what is taken is written and read again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use photo_core::pipeline::PipelineSpec;

fuzz_target!(|text: &str| {
    let json = serde_json::from_str::<PipelineSpec>(text).ok();
    let yaml = serde_saphyr::from_str::<PipelineSpec>(text).ok();
    for spec in [json, yaml].into_iter().flatten() {
        let valid = spec.validate().is_ok();
        let written = serde_json::to_string(&spec).expect("a pipeline can be written");
        let again: PipelineSpec = serde_json::from_str(&written).expect("what was written can be read");
        assert_eq!(again, spec);
        assert_eq!(again.validate().is_ok(), valid);
        if valid {
            // Its stages meet a file that is none.
            drop(photo_stages::run(&spec, &photo_stages::Marks::default(), &[], b"no photo", &mut |_| {}));
        }
    }
});
