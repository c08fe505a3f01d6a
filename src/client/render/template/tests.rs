//! The texts of templates, and the names in their errors.

use serde_json::json;

use super::*;

/// Names and values; `*` before a value makes it a secret, `?` a masked one.
struct Fixed(Vec<Item>);

impl Values for Fixed {
    fn value(&self, name: &str) -> Result<Option<Item>, Error> {
        if name == "unreachable" {
            return Err(Error::Invalid("the server can't be reached".to_owned()));
        }
        Ok(self.0.iter().find(|item| item.name() == name).cloned())
    }

    fn list(&self, prefix: &str) -> Result<Vec<Item>, Error> {
        Ok(self.0.iter().filter(|item| item.name().starts_with(prefix)).cloned().collect())
    }
}

fn item(name: &str, value: &str) -> Item {
    let masked = value.starts_with('?');
    let mut item = json!({
        "name": name, "value": value.trim_start_matches('*'), "content_type": "text/plain", "version": 1, "revision": 7,
        "created_revision": 7, "updated_at": "2026-01-15T10:00:00Z", "updated_by": "deploy", "reason": null
    });
    if masked || value.starts_with('*') {
        item["secret"] = true.into();
    }
    if masked {
        item["value"] = json!(null);
        item["masked"] = true.into();
    }
    serde_json::from_value(item).unwrap()
}

fn rendering(sources: &[&str]) -> Result<Rendering, RenderError> {
    let values = [
        ("app/host", "db"),
        ("app/key", "*hunter2"),
        ("app/pin", "*12"),
        ("app/port", "5432"),
        ("b/token", "?"),
    ];
    let values = Fixed(values.iter().map(|(name, value)| item(name, value)).collect());
    let template =
        |(at, source): (usize, &&str)| Template { name: format!("{at}.conf"), source: (*source).to_owned() };
    render(&sources.iter().enumerate().map(template).collect::<Vec<_>>(), Arc::new(values))
}

#[track_caller]
fn rendered(source: &str) -> String {
    rendering(&[source]).unwrap().texts.remove(0).text
}

#[track_caller]
fn error(sources: &[&str]) -> String {
    rendering(sources).unwrap_err().to_string()
}

#[test]
fn values_and_lists_are_rendered_as_they_are() {
    assert_eq!(rendered("url = {{ value('app/host') }}:{{ value('app/port') }}\n"), "url = db:5432\n");
    let source = "{% for item in list('app/') if not item.secret %}{{ item.relative }}={{ item.value }} {{ item.name }}@{{ item.revision }}\n{% endfor %}";
    assert_eq!(rendered(source), "host=db app/host@7\nport=5432 app/port@7\n");
    assert_eq!(rendered("{{ value('no', default='<&>') }}"), "<&>");
    assert_eq!(rendered("{% if list('no/') %}some{% else %}none{% endif %}"), "none");
}

#[test]
fn a_template_can_include_another_one_of_the_call() {
    let made = rendering(&["{% include '1.conf' %}!", "{{ value('app/host') }}"]).unwrap();
    assert_eq!(made.texts[0].text, "db!");
}

#[test]
fn the_missing_names_of_all_templates_are_in_one_error() {
    let sources = ["{{ value('a') }}{{ value('app/host') }}", "{{ value('c') }}{{ value('b')|from_json }}"];
    assert_eq!(error(&sources), "`a`, `b`, `c` have no value");
    assert_eq!(error(&["{% if false %}{{ value('a') }}{% endif %}{{ value('b') }}"]), "`b` has no value");
}

#[test]
fn a_masked_secret_is_an_error_only_where_its_value_is_used() {
    let error = error(&["{{ value('b/token') }}"]);
    assert_eq!(error, "`b/token` is a secret that is not revealed");
    let error = rendering(&["{% for item in list('b/') %}{{ item.value }}{% endfor %}"]).unwrap_err();
    assert!(matches!(error, RenderError::Masked(_)), "{error}");
    assert_eq!(rendered("{% for item in list('b/') %}{{ item.name }}{% endfor %}"), "b/token");
}

#[test]
fn a_text_is_secret_if_it_has_the_value_of_a_secret() {
    let sources = [
        "{{ value('app/host') }}",
        "{{ value('app/key') }}",
        "{% for item in list('app/') %}{{ item.name }}{% endfor %}",
        "{% for item in list('app/') %}{{ item.value }}{% endfor %}",
    ];
    let made = rendering(&sources).unwrap();
    let secrecy: Vec<_> = made.texts.iter().map(|rendered| rendered.secrecy).collect();
    assert_eq!(secrecy, [Secrecy::Open, Secrecy::Secret, Secrecy::Open, Secrecy::Secret]);
    let used: Vec<_> = made.used.iter().map(String::as_str).collect();
    assert_eq!(used, ["app/", "app/host", "app/key"]);
}

#[test]
fn an_error_has_the_file_and_the_line() {
    for (source, place) in [
        ("a\n{{ undefined_name }}", "0.conf:2: undefined value"),
        ("a\n\n{% for %}", "0.conf:3: "),
        ("{{ value('app/host')|nonsense }}", "0.conf:1: unknown filter"),
        ("{{ value('app/host', defalt=1) }}", "0.conf:1: "),
        (
            "{{ value('app/host')|from_json }}",
            "0.conf:1: invalid operation: from_json: the value is not JSON",
        ),
    ] {
        let error = error(&[source]);
        assert!(error.starts_with(place), "{error}");
    }
    assert_eq!(error(&["{{ value('a') }}{{ value('unreachable') }}"]), "the server can't be reached");
}

#[test]
fn an_error_shows_no_secret() {
    for source in ["{{ value('app/key')|int }}", "{{ value('app/pin') + 1 }}", "{{ {}[value('app/key')].x }}"]
    {
        let error = error(&[source]);
        assert!(!error.contains("hunter2") && !error.contains("12"), "{error}");
    }
    assert!(!format!("{:?}", rendering(&["{{ value('app/key') }}"]).unwrap()).contains("hunter2"));
}

#[test]
fn a_template_without_an_end_is_stopped() {
    let nested = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
    assert!(error(&[nested]).contains("too many steps"));
    assert!(error(&["{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"]).starts_with("0.conf:1: "));
    let long = "{% set s %}{% for a in range(9999) %}0123456789{% endfor %}{% endset %}{% for b in range(999) %}{{ s }}{% endfor %}";
    assert!(error(&[long]).contains("longer than"));
}
