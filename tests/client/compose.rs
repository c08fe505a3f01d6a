//! Compose's own reader of `env_file`: the real program shows the environment of a service.

use std::fs;
use std::process::Command;

use configapi::client::formats::Dialect;
use serde_json::Value;

use crate::programs::{in_python, run};
use crate::values::{fitting, values, write};

const PROJECT: &str = "services:\n  app:\n    image: app\n    env_file: ./values.env\n";

#[test]
fn compose_reads_each_value_exactly() {
    let (entries, refused) = fitting(&Dialect::Compose, &values(2_000));
    assert_eq!(refused, Vec::<String>::new());
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("compose.yml"), PROJECT).expect("a project");
    fs::write(folder.path().join("values.env"), write(Dialect::Compose, &entries)).expect("a file");
    let packages = in_python("lib").read_dir().expect("a folder").flatten();
    let mut programs = packages.map(|python| python.path().join("site-packages/compose/docker-compose"));
    let program = programs.find(|path| path.is_file()).expect("docker-compose: ./tests/run installs it");
    let mut command = Command::new(program);
    command.args(["-f", "compose.yml", "config", "--format", "json"]).current_dir(&folder);
    let shown: Value = serde_json::from_str(&run(&mut command)).expect("JSON");
    let environment = shown["services"]["app"]["environment"].as_object().expect("an environment");
    assert_eq!(environment.len(), entries.len());
    for entry in &entries {
        // `config` prints a project that can be read again, in which `$$` is a `$`.
        let found = environment.get(&entry.name.to_uppercase()).and_then(Value::as_str);
        let found = found.map(|value| value.replace("$$", "$"));
        assert_eq!(found.as_deref(), Some(entry.value.as_str()), "{}", entry.name);
    }
}
