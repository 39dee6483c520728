//! What was measured: for people as a table of medians, for programs as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

/// One run of one workload.
#[derive(Debug, Clone, Serialize)]
pub struct Measurement {
    pub workload: &'static str,
    /// What was varied, such as `members` or `rate`.
    pub parameters: BTreeMap<&'static str, u64>,
    pub run: u64,
    pub figures: Figures,
    /// What was seen on the way, oldest first, where that matters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<Figures>,
}

/// Names end with their unit.
pub type Figures = BTreeMap<&'static str, f64>;

impl Measurement {
    pub fn new(workload: &'static str, parameters: impl IntoIterator<Item = (&'static str, u64)>) -> Self {
        Self {
            workload,
            parameters: parameters.into_iter().collect(),
            run: 0,
            figures: Figures::new(),
            series: Vec::new(),
        }
    }

    pub fn set(&mut self, name: &'static str, value: f64) {
        self.figures.insert(name, value);
    }
}

/// Latencies of one run, each counted from the moment at which its call was due.
#[derive(Debug, Default)]
pub struct Latencies {
    micros: Vec<u32>,
}

impl Latencies {
    pub fn record(&mut self, latency: Duration) {
        self.micros.push(u32::try_from(latency.as_micros()).unwrap_or(u32::MAX));
    }

    pub fn len(&self) -> usize {
        self.micros.len()
    }

    pub fn extend(&mut self, others: Self) {
        self.micros.extend(others.micros);
    }

    /// Adds the percentiles to a measurement.
    pub fn tell(&self, measurement: &mut Measurement, names: [&'static str; 3]) -> anyhow::Result<()> {
        let mut histogram = hdrhistogram::Histogram::<u64>::new(3)?;
        for micros in &self.micros {
            histogram.record(u64::from(*micros))?;
        }
        for (name, quantile) in names.into_iter().zip([0.5, 0.99, 1.0]) {
            measurement.set(name, histogram.value_at_quantile(quantile) as f64 / 1_000.0);
        }
        Ok(())
    }
}

#[derive(Debug, Serialize)]
pub struct Report {
    pub version: &'static str,
    pub machine: Machine,
    pub measurements: Vec<Measurement>,
}

impl Report {
    /// Over all runs of a workload with these parameters, whatever other parameters it had.
    pub fn median(&self, workload: &str, parameters: &[(&'static str, u64)], name: &str) -> Option<f64> {
        let runs = self.measurements.iter().filter(|run| {
            run.workload == workload && parameters.iter().all(|(name, value)| run.parameters.get(name) == Some(value))
        });
        let mut values = runs.filter_map(|run| run.figures.get(name)).peekable();
        values.peek()?;
        Some(Range::of(values).median)
    }
}

#[derive(Debug, Serialize)]
pub struct Machine {
    cores: usize,
    memory_gib: u64,
    kernel: String,
    processor: String,
}

impl Machine {
    pub fn this() -> Self {
        let mut system = sysinfo::System::new();
        system.refresh_memory();
        system.refresh_cpu_all();
        Self {
            cores: system.cpus().len(),
            memory_gib: system.total_memory() >> 30,
            kernel: sysinfo::System::kernel_version().unwrap_or_default(),
            processor: system.cpus().first().map_or_else(String::new, |cpu| cpu.brand().to_owned()),
        }
    }
}

type Kind = (&'static str, BTreeMap<&'static str, u64>);

impl Report {
    /// The runs of each workload with the same parameters, in the order of their first run.
    fn kinds(&self) -> Vec<(Kind, Vec<&Measurement>)> {
        let mut kinds: Vec<(Kind, Vec<&Measurement>)> = Vec::new();
        for measurement in &self.measurements {
            let kind = (measurement.workload, measurement.parameters.clone());
            match kinds.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, runs)) => runs.push(measurement),
                None => kinds.push((kind, vec![measurement])),
            }
        }
        kinds
    }

    /// One block for each workload: median, least and greatest of each figure.
    pub fn table(&self) -> String {
        let mut table = String::new();
        for ((workload, parameters), runs) in self.kinds() {
            let parameters: Vec<_> = parameters.iter().map(|(name, value)| format!("{name} {value}")).collect();
            let _ = writeln!(table, "\n{workload}  {}  ({} runs)", parameters.join(", "), runs.len());
            for name in runs[0].figures.keys() {
                let Range { median, least, greatest } = Range::of(runs.iter().filter_map(|run| run.figures.get(name)));
                let _ = writeln!(
                    table,
                    "  {name:<40} {:>12}   {} to {}",
                    rounded(median),
                    rounded(least),
                    rounded(greatest)
                );
            }
        }
        table
    }
}

pub struct Range {
    pub median: f64,
    pub least: f64,
    pub greatest: f64,
}

impl Range {
    pub fn of<'a>(values: impl Iterator<Item = &'a f64>) -> Self {
        let mut values: Vec<f64> = values.copied().collect();
        values.sort_by(f64::total_cmp);
        let at = |place: usize| values.get(place).copied().unwrap_or(f64::NAN);
        Self { median: at(values.len() / 2), least: at(0), greatest: at(values.len().saturating_sub(1)) }
    }
}

/// Three digits that say something.
fn rounded(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        size if size < 10.0 => format!("{value:.2}"),
        size if size < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}
