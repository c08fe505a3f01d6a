//! Variables of names, and the environment around them.

use super::*;

fn entry(name: &str, value: &str) -> Entry {
    let relative = name.strip_prefix("app/").unwrap_or(name).to_owned();
    let (name, value) = (ConfigName::from_log(name).unwrap(), ConfigValue::from_log(value).unwrap());
    Entry { name, relative, value }
}

fn entries(pairs: &[(&str, &str)]) -> Vec<Entry> {
    pairs.iter().map(|(name, value)| entry(name, value)).collect()
}

fn environment(
    pairs: &[(&str, &str)],
    rules: &Rules,
    inherited: &[(&str, &str)],
) -> Result<Vec<String>, String> {
    let inherited = inherited.iter().map(|(name, value)| (name.into(), value.into()));
    let program = program(vec!["true".into()], &entries(pairs), rules, inherited);
    let program = program.map_err(|error| error.to_string())?;
    let text = |(name, value): (&OsString, &OsString)| {
        format!("{}={}", name.to_string_lossy(), value.to_string_lossy())
    };
    Ok(program.environment.iter().map(text).collect())
}

fn mapped(pairs: &[(&str, &str)]) -> Rules {
    let mapped = pairs.iter().map(|(name, variable)| ((*name).to_owned(), (*variable).to_owned()));
    Rules { mapped: mapped.collect(), ..Rules::default() }
}

#[test]
fn a_name_becomes_a_variable_in_upper_case_with_underscores() {
    let pairs = [("app/db/url", "1"), ("app/max-size.kib", "2"), ("app/überall", "3"), ("app/_x", "a b\n")];
    let expected = ["DB_URL=1", "MAX_SIZE_KIB=2", "_BERALL=3", "_X=a b\n"];
    assert_eq!(environment(&pairs, &Rules::default(), &[]).unwrap(), expected);
}

#[test]
fn a_mapping_names_the_variable_by_the_whole_name_or_by_the_rest() {
    let rules = mapped(&[("db/url", "DATABASE_URL"), ("app/port", "port")]);
    let made = environment(&[("app/db/url", "1"), ("app/port", "2")], &rules, &[]);
    assert_eq!(made.unwrap(), ["DATABASE_URL=1", "port=2"]);
    let error = environment(&[("app/port", "2")], &rules, &[]).unwrap_err();
    assert!(error.contains("`db/url`"), "{error}");
}

#[test]
fn two_names_of_one_variable_are_refused_with_both_names_unless_they_are_one() {
    let pairs = [("app/db/url", "1"), ("app/db_url", "2")];
    let error = environment(&pairs, &Rules::default(), &[]).unwrap_err();
    assert!(error.contains("`app/db/url` and `app/db_url` both become DB_URL"), "{error}");
    let rules = mapped(&[("app/db_url", "URL")]);
    assert_eq!(environment(&pairs, &rules, &[]).unwrap(), ["DB_URL=1", "URL=2"]);
    // Two prefixes can have one name twice.
    assert_eq!(environment(&[("app/a", "1"), ("app/a", "1")], &Rules::default(), &[]).unwrap(), ["A=1"]);
}

#[test]
fn a_protected_variable_is_refused_unless_it_is_allowed() {
    for name in
        ["path", "ld/preload", "bash_env", "ENV", "git/ssh/command", "configapi/token", "lua_init_5_4"]
    {
        let error = environment(&[(name, "x")], &Rules::default(), &[]).unwrap_err();
        assert!(error.contains(&format!("`{name}`")) && error.contains("--allow"), "{error}");
    }
    let error = environment(&[("a", "x")], &mapped(&[("a", "npm_config_script_shell")]), &[]).unwrap_err();
    assert!(error.contains("--allow npm_config_script_shell"), "{error}");
    let rules = Rules { allowed: ["PATH".to_owned()].into(), ..Rules::default() };
    assert_eq!(environment(&[("path", "/bin")], &rules, &[("PATH", "/sbin")]).unwrap(), ["PATH=/bin"]);
}

#[test]
fn a_name_that_is_not_a_variable_is_refused_with_the_flag_that_helps() {
    for name in ["app/1st", "app/"] {
        let error = environment(&[(name, "x")], &Rules::default(), &[]).unwrap_err();
        assert!(error.contains(&format!("--map {name}=VARIABLE")), "{error}");
    }
    let error = environment(&[("a", "x")], &mapped(&[("a", "B=C")]), &[]).unwrap_err();
    assert!(error.contains("`B=C`"), "{error}");
}

#[test]
fn all_problems_are_named_at_once() {
    let error = environment(&[("path", "x"), ("a/b", "x"), ("a-b", "x"), ("1", "x")], &Rules::default(), &[]);
    let error = error.unwrap_err();
    assert!(["`path`", "`a-b`", "`1`"].iter().all(|name| error.contains(name)), "{error}");
}

#[test]
fn an_existing_variable_is_replaced_or_kept_and_the_programs_own_are_removed() {
    let inherited = [("A", "old"), ("B", "kept"), ("CONFIGAPI_TOKEN", "secret"), ("CONFIGAPI_", "x")];
    let replaced = environment(&[("a", "new")], &Rules::default(), &inherited);
    assert_eq!(replaced.unwrap(), ["A=new", "B=kept"]);
    let rules = Rules { existing: Existing::Kept, ..Rules::default() };
    let kept = environment(&[("a", "new"), ("c", "new")], &rules, &inherited);
    assert_eq!(kept.unwrap(), ["A=old", "B=kept", "C=new"]);
}

#[test]
fn a_variable_over_the_systems_limit_is_named_and_so_is_the_longest_of_too_many() {
    // NAME, `=`, the value and the end.
    let fits = "x".repeat(STRING_BYTES_MAX - 6);
    assert!(environment(&[("name", &fits)], &Rules::default(), &[]).is_ok());
    let error = environment(&[("name", &(fits.clone() + "x"))], &Rules::default(), &[]).unwrap_err();
    assert!(error.contains("`name`") && error.contains("131073 bytes"), "{error}");
    let names: Vec<String> = (0..60).map(|number| format!("name_{number}")).collect();
    let mut many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), &fits[10..])).collect();
    many.push(("longest", &fits[5..]));
    let error = environment(&many, &Rules::default(), &[]).unwrap_err();
    assert!(error.contains("LONGEST") && error.contains("ulimit -s"), "{error}");
}

#[test]
fn the_system_starts_a_program_with_the_longest_variable_that_is_accepted() {
    let longest = "x".repeat(STRING_BYTES_MAX - 6);
    let words = ["sh", "-c", "test ${#NAME} -eq 131066"].map(OsString::from).to_vec();
    let path = std::env::vars_os().find(|(name, _)| name == "PATH");
    let program = program(words, &entries(&[("name", &longest)]), &Rules::default(), path).unwrap();
    assert!(program.command().status().unwrap().success());
}
