//! `configapi doctor`: a line for each thing that can be wrong between a person and a server.
//!
//! `server` looks at the server, `machine` at this machine. A check never ends the command: the next ones say more.

mod finding;
mod machine;
mod server;

use clap::Args;

use crate::presentation::cli::connect::{ClientSettings, Missing, Session};
use crate::presentation::cli::error::{Failure, Status};
use crate::presentation::cli::show::table::{Column, Rows, whole};
use crate::presentation::cli::ui::Ui;
use finding::{Finding, Outcome};

const COLUMNS: &[Column] = &[whole("RESULT"), whole("CHECK"), whole("FOUND")];

const EXAMPLES: &str = "\
Examples:
  configapi doctor
  configapi doctor --server https://config.example.com
  configapi doctor -o json";

/// Look for what is wrong with settings, server and machine
///
/// It prints a line for each check: settings, server, version, clock, TLS, token, database, lag, disk, profiles, variables. Each
/// is ok, warn or fail, and a remedy follows. Exits 1 if one has failed. It changes nothing.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::presentation::cli) struct Doctor {
    #[command(flatten)]
    pub(in crate::presentation::cli) client: ClientSettings,
}

impl Doctor {
    pub(in crate::presentation::cli) fn run(self, ui: Ui) -> Result<(), Failure> {
        let ui = self.client.ui(ui);
        let mut findings = vec![machine::settings(&self.client, ui)];
        match self.client.open(ui, Missing::Refuse) {
            Ok(session) => self.look_at(&session, &mut findings),
            // Settings that can't be used are said already.
            Err(failure) if findings.iter().all(|finding| finding.outcome == Outcome::Ok) => {
                findings.push(Finding::of_failure("server", &failure));
            }
            Err(_) => {}
        }
        findings.extend(self.client.file().map(machine::disk));
        findings.push(machine::profiles());
        findings.extend(machine::variables());
        self.print(ui, &findings)?;
        let has_failed = findings.iter().any(|finding| finding.outcome == Outcome::Fail);
        if has_failed { Err(Failure::Exited(Status::Error as u8)) } else { Ok(()) }
    }

    fn look_at(&self, session: &Session, findings: &mut Vec<Finding>) {
        let (reached, health) = server::reach(session);
        findings.push(reached);
        let Some(health) = health else { return };
        findings.push(server::version(&health.json));
        if self.client.file().is_none() {
            findings.push(server::clock(&health));
            findings.push(server::tls(&self.client, session.ui));
            findings.push(server::token(session));
        }
        findings.push(server::database(&health.json));
        findings.extend(server::lag(&health.json));
    }

    fn print(&self, ui: Ui, findings: &[Finding]) -> Result<(), Failure> {
        let mut results = ui.results();
        let mut rows = Rows::new(&mut results, self.client.output(ui), COLUMNS);
        for finding in findings {
            rows.push(finding, || {
                let remedy = finding.remedy.as_ref().map_or(String::new(), |remedy| format!(": {remedy}"));
                vec![
                    finding.outcome.word().to_owned(),
                    finding.check.to_owned(),
                    format!("{}{remedy}", finding.found),
                ]
            })?;
        }
        rows.end()
    }
}
