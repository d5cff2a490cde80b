//! A list of findings, as text or JSON.

use std::fmt;

use serde_json::{Value, json};

/// How a finding is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As it should be.
    Ok,
    /// Worth knowing; it may be as wanted.
    Note,
    /// Something will fail.
    Problem,
}

impl State {
    /// The word in text and JSON.
    pub fn name(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Note => "note",
            State::Problem => "PROBLEM",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Name for programs, in kebab-case: `layout-class`.
    pub name: &'static str,
    /// How it is meant.
    pub state: State,
    /// What was found, in one line or a few.
    pub found: String,
    /// What to change, for a note or problem.
    pub advice: Option<String>,
}

/// All findings, in the order in which they are shown.
#[derive(Clone, Debug, Default)]
pub struct Report {
    findings: Vec<Finding>,
}

impl Report {
    /// Adds what is as it should be.
    pub fn ok(&mut self, name: &'static str, found: impl Into<String>) {
        self.add(name, State::Ok, found.into(), None);
    }

    /// Adds what is worth knowing.
    pub fn note(
        &mut self,
        name: &'static str,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.add(name, State::Note, found.into(), Some(advice.into()));
    }

    /// Adds what will make something fail.
    pub fn problem(
        &mut self,
        name: &'static str,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.add(name, State::Problem, found.into(), Some(advice.into()));
    }

    fn add(&mut self, name: &'static str, state: State, found: String, advice: Option<String>) {
        self.findings.push(Finding {
            name,
            state,
            found,
            advice,
        });
    }

    /// The findings.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many things will fail.
    pub fn problems(&self) -> usize {
        let is_problem = |finding: &&Finding| finding.state == State::Problem;
        self.findings.iter().filter(is_problem).count()
    }

    /// `{"version": …, "problems": n, "findings": [{"name", "state", "found", "advice"}, …]}`.
    pub fn json(&self) -> Value {
        let findings: Vec<_> = self
            .findings
            .iter()
            .map(|finding| {
                json!({
                    "name": finding.name,
                    "state": finding.state.name().to_lowercase(),
                    "found": finding.found,
                    "advice": finding.advice,
                })
            })
            .collect();
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "problems": self.problems(),
            "findings": findings,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const INDENT: &str = "\n                            ";
        for finding in &self.findings {
            let found = finding.found.replace('\n', INDENT);
            writeln!(
                f,
                "{:>7}  {:<18} {found}",
                finding.state.name(),
                finding.name
            )?;
            if let Some(advice) = &finding.advice {
                writeln!(f, "{:>26}> {}", "", advice.replace('\n', INDENT))?;
            }
        }
        match self.problems() {
            0 => write!(f, "no problems"),
            1 => write!(f, "1 problem"),
            n => write!(f, "{n} problems"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_problems_and_shows_what_to_change() {
        let mut report = Report::default();
        report.ok("gstreamer", "1.22.0");
        report.note("gpu", "none", "use the stand-ins");
        report.problem("metadata-library", "not found\nlooked in /a", "install it");
        assert_eq!(report.problems(), 1);
        let text = report.to_string();
        for part in ["ok  gstreamer", "> install it", "looked in /a", "1 problem"] {
            assert!(text.contains(part), "{part} missing in:\n{text}");
        }
        let json = report.json();
        assert_eq!(json["problems"], 1);
        assert_eq!(json["findings"][2]["state"], "problem");
        assert_eq!(json["findings"][0]["advice"], Value::Null);
    }
}
