//! Settings from flags, environment and file, in this order of precedence; and settings as a documented file.

use std::fmt::Write as _;

use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use seenby_server::Settings;
use serde_json::Value;

use crate::cli::SettingArguments;

const ENVIRONMENT_PREFIX: &str = "SEENBY_";

/// Says which key is wrong, and where it comes from.
#[derive(Debug)]
pub struct ConfigError(String);

impl ConfigError {
    pub fn new(detail: impl Into<String>) -> Self {
        Self(detail.into())
    }
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

pub fn load(arguments: &SettingArguments) -> Result<Settings, ConfigError> {
    let mut figment = Figment::from(Serialized::defaults(Settings::default()));
    if let Some(path) = &arguments.config {
        if !path.is_file() {
            return Err(ConfigError(format!("there is no settings file {}", path.display())));
        }
        figment = figment.merge(Toml::file_exact(path));
    }
    figment = figment.merge(environment());
    let SettingArguments { config: _, data_dir, listen, ops_listen, log } = arguments;
    figment = merge(figment, "data_dir", data_dir.as_ref());
    figment = merge(figment, "listen", listen.as_ref());
    figment = merge(figment, "ops_listen", ops_listen.as_ref());
    figment = merge(figment, "log.filter", log.as_ref());
    let settings: Settings = figment.extract().map_err(|error| ConfigError(error.to_string()))?;
    settings.check().map_err(ConfigError)?;
    Ok(settings)
}

/// Only variables that begin like a setting count: Kubernetes, for one, makes a SEENBY_PORT for a service named seenby.
fn environment() -> Env {
    let schema = schemars::schema_for!(Settings).to_value();
    let known: Vec<String> = properties(&schema).map(|(key, _)| key.clone()).collect();
    let begins_like_a_setting = move |name: &figment::value::UncasedStr| {
        let first = name.as_str().split("__").next().unwrap_or_default().to_lowercase();
        known.contains(&first)
    };
    Env::prefixed(ENVIRONMENT_PREFIX).filter(begins_like_a_setting).split("__")
}

fn merge<T: serde::Serialize>(figment: Figment, key: &str, flag: Option<&T>) -> Figment {
    match flag {
        Some(value) => figment.merge(Serialized::global(key, value)),
        None => figment,
    }
}

/// The settings as a TOML file, each with its documentation as a comment.
pub fn documented(settings: &Settings) -> String {
    let mut text = String::new();
    let sections = walk(settings);
    for Section { name, doc, entries } in &sections {
        if !name.is_empty() {
            writeln!(text).expect("a String takes everything");
            comment(&mut text, doc);
            writeln!(text, "[{name}]").expect("a String takes everything");
        }
        for Entry { key, doc, value } in entries {
            comment(&mut text, doc);
            match value {
                Some(value) => writeln!(text, "{key} = {value}"),
                None => writeln!(text, "# {key} ="),
            }
            .expect("a String takes everything");
        }
    }
    text
}

fn comment(text: &mut String, doc: &str) {
    for line in doc.lines() {
        writeln!(text, "# {line}").expect("a String takes everything");
    }
}

/// The reference page in `docs/`.
#[cfg(test)]
fn page() -> String {
    let mut text = String::from(
        "<!-- Generated from crates/seenby-server/src/settings.rs by `make generate`. -->\n\n# Settings\n\n\
         Flags win over the environment, which wins over the file given with `--config`. `seenby config` prints the\n\
         settings in force as such a file.\n\n| in the file | in the environment | default | what it does |\n|---|---|---|---|\n",
    );
    for Section { name, entries, .. } in walk(&Settings::default()) {
        for Entry { key, doc, value } in entries {
            let path = if name.is_empty() { key } else { format!("{name}.{key}") };
            let variable = format!("{ENVIRONMENT_PREFIX}{}", path.replace('.', "__").to_uppercase());
            let value = value.map_or_else(String::new, |value| format!("`{value}`"));
            writeln!(text, "| `{path}` | `{variable}` | {value} | {} |", doc.replace('\n', " ")).unwrap();
        }
    }
    text
}

struct Section {
    /// Empty for the settings outside any section.
    name: String,
    doc: String,
    entries: Vec<Entry>,
}

struct Entry {
    key: String,
    doc: String,
    /// As TOML; `None` when it is not set.
    value: Option<String>,
}

/// The settings in the order of their declaration, with the doc comments that the schema carries.
fn walk(settings: &Settings) -> Vec<Section> {
    let schema = schemars::schema_for!(Settings).to_value();
    let values = serde_json::to_value(settings).expect("settings are plain data");
    let mut top = Section { name: String::new(), doc: String::new(), entries: Vec::new() };
    let mut sections = Vec::new();
    for (key, property) in properties(&schema) {
        let target = resolve(&schema, property);
        if target.get("properties").is_none() {
            top.entries.push(entry(key, property, &values[key]));
            continue;
        }
        let entries = properties(target).map(|(inner, property)| entry(inner, property, &values[key][inner])).collect();
        sections.push(Section { name: key.clone(), doc: description(target), entries });
    }
    sections.insert(0, top);
    sections
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flatten()
}

fn resolve<'a>(root: &'a Value, property: &'a Value) -> &'a Value {
    let name = property["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/"));
    name.map_or(property, |name| &root["$defs"][name])
}

fn description(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().to_owned()
}

fn entry(key: &str, property: &Value, value: &Value) -> Entry {
    let value = match value {
        Value::Null => None,
        value => Some(toml::Value::try_from(value).expect("settings are plain data").to_string()),
    };
    Entry { key: key.to_owned(), doc: description(property), value }
}

#[cfg(test)]
#[expect(clippy::result_large_err, reason = "the error type of figment's test harness")]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_environment_and_the_environment_over_the_file() {
        figment::Jail::expect_with(|jail| {
            jail.create_file(
                "seenby.toml",
                "listen = '127.0.0.1:1'\n[limits]\nsends_per_second = 1\n[log]\nfilter = 'a'",
            )?;
            jail.set_env("SEENBY_LIMITS__SENDS_PER_SECOND", "2");
            jail.set_env("SEENBY_LOG__FILTER", "b");
            let arguments = SettingArguments {
                config: Some("seenby.toml".into()),
                log: Some("c".into()),
                ..SettingArguments::default()
            };
            let settings = load(&arguments).expect("valid");
            assert_eq!(settings.listen.port(), 1);
            assert_eq!(settings.limits.sends_per_second, 2);
            assert_eq!(settings.log.filter, "c");
            Ok(())
        });
    }

    #[test]
    fn a_wrong_setting_is_named() {
        figment::Jail::expect_with(|jail| {
            jail.set_env("SEENBY_LIMITS__SENDS_PER_SECOND", "many");
            let error = load(&SettingArguments::default()).unwrap_err().to_string();
            assert!(error.to_lowercase().contains("limits.sends_per_second"), "{error}");
            jail.set_env("SEENBY_LIMITS__SENDS_PER_SECOND", "5");
            jail.set_env("SEENBY_LISTEN", "7780");
            let error = load(&SettingArguments::default()).unwrap_err().to_string();
            assert!(error.contains("write 127.0.0.1:7780 for this machine"), "{error}");
            let flag = SettingArguments { listen: Some("localhost:7780".into()), ..SettingArguments::default() };
            let error = load(&flag).unwrap_err().to_string();
            assert!(error.contains("names the host localhost") && error.contains("listen"), "{error}");
            jail.set_env("SEENBY_LISTEN", "127.0.0.1:7780");
            jail.set_env("SEENBY_SESSION__PING_INTERVAL_MS", "0");
            let error = load(&SettingArguments::default()).unwrap_err().to_string();
            assert_eq!(error, "session.ping_interval_ms must not be 0");
            jail.set_env("SEENBY_SESSION__PING_INTERVAL_MS", "1000");
            jail.set_env("SEENBY_PORT", "tcp://10.0.0.1:7780");
            assert!(load(&SettingArguments::default()).is_ok(), "variables that are no settings are passed over");
            jail.set_env("SEENBY_LIMITS__SENDS", "5");
            let error = load(&SettingArguments::default()).unwrap_err().to_string();
            assert!(error.contains("unknown field") && error.contains("sends"), "{error}");
            Ok(())
        });
    }

    #[test]
    fn the_printed_settings_are_a_settings_file() {
        figment::Jail::expect_with(|jail| {
            let mut settings = Settings::default();
            settings.limits.sends_per_second = 77;
            settings.tls.certificate = Some("cert.pem".into());
            jail.create_file("printed.toml", &documented(&settings))?;
            let arguments = SettingArguments { config: Some("printed.toml".into()), ..SettingArguments::default() };
            assert_eq!(load(&arguments).expect("valid"), settings);
            Ok(())
        });
    }

    #[test]
    fn every_setting_says_what_it_does() {
        for section in walk(&Settings::default()) {
            assert!(section.name.is_empty() || !section.doc.is_empty(), "[{}]", section.name);
            for entry in section.entries {
                assert!(!entry.doc.is_empty(), "{}.{}", section.name, entry.key);
            }
        }
    }

    #[test]
    fn the_reference_page_is_up_to_date() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
        if std::env::var_os("UPDATE_GENERATED").is_some() {
            std::fs::write(file, page()).unwrap();
        }
        let found = std::fs::read_to_string(file).unwrap_or_default();
        assert!(found == page(), "docs/configuration.md is out of date: run `make generate`");
    }
}
