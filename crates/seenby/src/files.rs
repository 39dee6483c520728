//! Who may have how many of the files that the system lets this process open. A socket is one too, so a house full of
//! connections would leave none to the store: its engine fails then, and takes no writes until a restart.

use seenby_server::OPERATOR_CONNECTIONS_MAX;

use crate::config::ConfigError;

/// Journals, tables that are being merged, a folder that is being synced: the engine says no number.
const STORE_WORK: usize = 64;
/// Standard streams, listeners, the runtime's own.
const PROGRAM: usize = 32;
const RESERVE: usize = STORE_WORK + PROGRAM + OPERATOR_CONNECTIONS_MAX;
/// Tables that the store keeps open for readers. More of them and it opens files less often.
const STORE_TABLES: std::ops::RangeInclusive<usize> = 16..=900;
/// The store's part of what is left after the reserve.
const STORE_SHARE: usize = 4;
/// With fewer there would be nothing to share.
const ALLOWED_MIN: usize = 256;

#[derive(Debug, PartialEq)]
pub struct FilePlan {
    pub connections_max: usize,
    pub store_files_max: usize,
}

impl FilePlan {
    /// `allowed`: files that the process may open. `connections`: those of clients that the settings wish for.
    pub fn new(allowed: usize, connections: usize) -> Result<Self, ConfigError> {
        if allowed < ALLOWED_MIN {
            let hint = "raise it with `ulimit -n`, or with `LimitNOFILE=` in the systemd unit";
            return Err(ConfigError::new(format!(
                "this process may open {allowed} files, and needs {ALLOWED_MIN} at least: {hint}"
            )));
        }
        let left = allowed - RESERVE;
        let store_files_max = (left / STORE_SHARE).clamp(*STORE_TABLES.start(), *STORE_TABLES.end());
        Ok(Self { connections_max: connections.min(left - store_files_max), store_files_max })
    }

    /// For the settings that were given, with the limit of this process raised as far as it may be.
    pub fn of_this_process(connections: usize) -> Result<Self, ConfigError> {
        // Shells often allow 1,024 unless asked for more.
        let allowed = rlimit::increase_nofile_limit(u64::MAX)
            .map_err(|error| ConfigError::new(format!("how many files may be open cannot be seen: {error}")))?;
        let allowed = usize::try_from(allowed).unwrap_or(usize::MAX);
        let plan = Self::new(allowed, connections)?;
        if plan.connections_max < connections {
            tracing::warn!(
                "at most {} connections of clients, not {connections} as in limits.connections_max: this process may open \
                 {allowed} files (`ulimit -n`, or `LimitNOFILE=` in the systemd unit)",
                plan.connections_max
            );
        }
        Ok(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_together_opens_no_more_than_is_allowed() {
        for allowed in [256, 300, 1_024, 65_536, 524_288, usize::MAX] {
            for connections in [1, 100, 65_536, usize::MAX] {
                let FilePlan { connections_max, store_files_max } = FilePlan::new(allowed, connections).unwrap();
                assert!((1..=connections).contains(&connections_max), "{allowed}: {connections_max} of {connections}");
                assert!(connections_max + store_files_max + RESERVE <= allowed);
                assert!(STORE_TABLES.contains(&store_files_max));
            }
        }
    }

    #[test]
    fn what_is_wished_for_is_granted_where_there_is_room() {
        assert_eq!(FilePlan::new(524_288, 65_536).unwrap(), FilePlan { connections_max: 65_536, store_files_max: 900 });
    }

    #[test]
    fn too_few_are_refused_with_what_to_do() {
        let error = FilePlan::new(255, 1).unwrap_err().to_string();
        assert!(error.contains("may open 255 files") && error.contains("LimitNOFILE"), "{error}");
    }
}
