# Computes the oracles of tests/surveillance with the R package `surveillance` (made with version 1.20.3, R 4.2.2):
#   Rscript make.R        in this directory; Debian: r-base-core, r-cran-surveillance
# The series are simulated here; nothing of the package's own data is used.
suppressMessages(library(surveillance))
RNGversion("4.0.0"); set.seed(20261122)

weeks <- 324
t <- seq_len(weeks)
season <- cos(2 * pi * (t - 6) / 52)
nb <- function(mu, phi) if (phi > 1) rnbinom(length(mu), mu = mu, size = mu / (phi - 1)) else rpois(length(mu), mu)
outbreak <- function(x, at, extra) { x[at] <- x[at] + extra; x }
counts <- cbind(
  plain = nb(12 * exp(0.4 * season), 1.6),
  rising = nb(exp(2 + 0.006 * t + 0.2 * season), 1.3),
  falling = nb(exp(4 - 0.005 * t + 0.5 * season), 2),
  sparse = nb(0.3 * exp(0.3 * season), 1.2),
  rare = rbinom(weeks, 1, 0.03),
  zero = rep(0, weeks),
  wild = nb(30 * exp(0.8 * season), 12),
  large = nb(40000 * exp(0.3 * season + 0.0005 * t), 60),
  past_outbreaks = outbreak(outbreak(nb(8 * exp(0.3 * season), 1.2), 58:66, c(10, 30, 60, 70, 50, 30, 20, 9, 5)), 160:163, c(20, 55, 40, 12)),
  now_outbreak = outbreak(nb(5 * exp(0.5 * season), 1.4), 300:308, c(2, 6, 12, 25, 40, 30, 18, 9, 3)),
  lately = c(rep(0, 250), nb(rep(1.5, weeks - 250), 1.5)),
  steps = rep(c(4, 5, 4, 6), weeks / 4)
)
population <- round(cbind(1e5 * exp(0.001 * t), 2e5 * exp(-0.0008 * t), 5e4 + 0 * t)[, rep(1:3, 4)])
sundays <- as.Date("2019-01-06") + 7 * (t - 1)
months <- seq(as.Date("2018-01-01"), length.out = 96, by = "1 month")
monthly <- cbind(month_plain = nb(40 * exp(0.3 * cos(2 * pi * 1:96 / 12)), 3), month_rising = nb(exp(2 + 0.02 * 1:96), 1.5))
days <- as.Date("2023-01-01") + 0:1199
daily <- cbind(day_plain = nb(6 * exp(0.3 * cos(2 * pi * (0:1199) / 365)), 1.5), day_sparse = nb(rep(0.4, 1200), 1.2))

write_wide <- function(counts, dates, file) # one row a date, one column a series
  write.table(data.frame(date = format(dates), counts), file, sep = ",", row.names = FALSE, quote = FALSE)
write_wide(counts, sundays, "weekly.csv")
write_wide(population[, 1:3], sundays, "population.csv") # of the first, second, third series, and so on in turn
write_wide(monthly, months, "monthly.csv")
write_wide(daily, days, "daily.csv")

series_of <- list(
  weekly = list(counts = counts, frequency = 52, dates = sundays, population = population),
  monthly = list(counts = monthly, frequency = 12, dates = months, population = matrix(1e5, 96, 2)),
  daily = list(counts = daily, frequency = 365, dates = days, population = matrix(1e5, 1200, 2))
)
as_sts <- function(data, j, by_date) {
  if (by_date) sts(data$counts[, j, drop = FALSE], frequency = data$frequency, epoch = data$dates, population = data$population[, j, drop = FALSE])
  else sts(data$counts[, j, drop = FALSE], frequency = data$frequency, start = c(2019, 1), population = data$population[, j, drop = FALSE])
}

parameters <- list()
results <- list()
# One line of parameters, in the words of `laras detect`; `answer(sts, at)` gives a data frame for these time points.
oracle <- function(file, set, method, words, at, answer, data = "weekly", by_date = FALSE, only = TRUE) {
  parameters[[length(parameters) + 1]] <<- data.frame(
    set = set, method = method, file = file, data = data, calendar = if (by_date) "dates" else "rows", parameters = words)
  source <- series_of[[data]]
  for (j in seq_len(ncol(source$counts))[only]) {
    found <- suppressWarnings(answer(as_sts(source, j, by_date), at, j))
    found <- cbind(set = set, series = colnames(source$counts)[j], found)
    results[[file]] <<- rbind(results[[file]], found)
  }
}

frame <- function(t, upperbound, alarm, expected = NA, score = NA, dispersion = NA, trend = NA)
  data.frame(t, upperbound, alarm = as.integer(alarm), expected, score, dispersion, trend = as.integer(trend))

flexible <- function(...) function(s, at, j) do.call(rbind, lapply(at, function(k) {
  r <- tryCatch(farringtonFlexible(s, control = list(range = k, glmWarnings = FALSE, ...)), error = function(e) NULL)
  if (is.null(r)) return(frame(k, NA, NA))
  expected <- if (is.na(r@control$phiVector[1])) NA else r@control$expected[1] # a model that did not converge leaves a 0 here
  frame(k, upperbound(r)[1], alarms(r)[1], expected, r@control$score[1], r@control$phiVector[1], r@control$trend[1])
}))
points <- seq(268, 324, by = 4)
f <- "farrington_flexible.csv"
oracle(f, "flexible", "farrington-flexible", "", seq(264, 324, by = 2), flexible())
oracle(f, "flexible-short", "farrington-flexible", "b=3;w=2;weights_threshold=1;alpha=0.01;limit54=3,5", points, flexible(b = 3, w = 2, weightsThreshold = 1, alpha = 0.01, limit54 = c(3, 5)))
oracle(f, "flexible-two-years", "farrington-flexible", "b=2;w=4;power_trans=1/2", points, flexible(b = 2, w = 4, powertrans = "1/2"))
oracle(f, "flexible-untransformed", "farrington-flexible", "power_trans=none;trend=false", points, flexible(powertrans = "none", trend = FALSE))
oracle(f, "flexible-unweighted", "farrington-flexible", "reweight=false;trend_threshold=1", points, flexible(reweight = FALSE, pThresholdTrend = 1))
oracle(f, "flexible-always-trend", "farrington-flexible", "trend_threshold=1;past_weeks_not_included=1", points, flexible(pThresholdTrend = 1, pastWeeksNotIncluded = 1))
f <- "farrington_periods.csv"
oracle(f, "periods", "farrington-flexible", "no_periods=10", points, flexible(noPeriods = 10))
oracle(f, "periods-recommended", "farrington-flexible", "b=4;w=3;no_periods=10;past_weeks_not_included=26;trend_threshold=1;threshold_method=nbPlugin", points, flexible(b = 4, w = 3, noPeriods = 10, pastWeeksNotIncluded = 26, pThresholdTrend = 1, thresholdMethod = "nbPlugin"))
oracle(f, "periods-muan", "farrington-flexible", "no_periods=5;threshold_method=muan;alpha=0.025", points, flexible(noPeriods = 5, thresholdMethod = "muan", alpha = 0.025))
oracle(f, "plugin", "farrington-flexible", "threshold_method=nbPlugin", points, flexible(thresholdMethod = "nbPlugin"))
oracle(f, "muan", "farrington-flexible", "threshold_method=muan;trend_threshold=1", points, flexible(thresholdMethod = "muan", pThresholdTrend = 1))
f <- "farrington_dates.csv"
oracle(f, "dates", "farrington-flexible", "", seq(264, 324, by = 3), flexible(), by_date = TRUE)
oracle(f, "dates-periods", "farrington-flexible", "no_periods=7;b=4", points, flexible(noPeriods = 7, b = 4), by_date = TRUE)
oracle(f, "months", "farrington-flexible", "w=1;past_weeks_not_included=2", 63:96, flexible(w = 1, pastWeeksNotIncluded = 2), "monthly")
oracle(f, "months-dates", "farrington-flexible", "w=1;trend_threshold=1", 63:96, flexible(w = 1, pThresholdTrend = 1), "monthly", TRUE)
oracle(f, "days-dates", "farrington-flexible", "b=3;w=10;trend_threshold=1", seq(1110, 1200, by = 10), flexible(b = 3, w = 10, pThresholdTrend = 1), "daily", TRUE)
oracle(f, "offset", "farrington-flexible", "population_offset=true", points, flexible(populationOffset = TRUE))
oracle(f, "offset-periods", "farrington-flexible", "population_offset=true;no_periods=4;trend_threshold=1", points, flexible(populationOffset = TRUE, noPeriods = 4, pThresholdTrend = 1))

original <- function(...) function(s, at, j) {
  d <- sts2disProg(s)
  do.call(rbind, lapply(at, function(k) {
    r <- tryCatch(algo.farrington(d, control = list(range = k, ...)), error = function(e) NULL)
    if (is.null(r)) return(frame(k, NA, NA))
    frame(k, r$upperbound[1], r$alarm[1], trend = r$trend[1])
  }))
}
f <- "farrington.csv"
oracle(f, "original", "farrington", "", seq(257, 324, by = 3), original())
oracle(f, "original-short", "farrington", "b=3;w=4;alpha=0.01;limit54=3,5;power_trans=1/2", points, original(b = 3, w = 4, alpha = 0.01, limit54 = c(3, 5), powertrans = "1/2"))
oracle(f, "original-unweighted", "farrington", "reweight=false;power_trans=none", points, original(reweight = FALSE, powertrans = "none"))
oracle(f, "original-no-trend", "farrington", "trend=false;fit_method=algo.farrington.fitGLM", points, original(trend = FALSE, fitFun = "algo.farrington.fitGLM"))
oracle(f, "original-dates", "farrington", "", points, original(), by_date = TRUE)
oracle(f, "original-months", "farrington", "w=1;b=4", 50:96, original(w = 1, b = 4), "monthly", TRUE)
oracle(f, "original-days", "farrington", "w=8;b=2", seq(750, 1200, by = 25), original(w = 8, b = 2), "daily", TRUE)

ears <- function(method, ...) function(s, at, j) {
  r <- earsC(s, control = list(method = method, ...))
  k <- nrow(s) - nrow(r) + seq_len(nrow(r))
  found <- frame(k, upperbound(r)[, 1], alarms(r)[, 1])
  found[found$t %in% at, ]
}
f <- "ears.csv"
at <- c(8:20, seq(25, 324, by = 12))
oracle(f, "c1", "ears-c1", "", at, ears("C1"))
oracle(f, "c1-long", "ears-c1", "baseline=21;min_sigma=0.5;alpha=0.01", at, ears("C1", baseline = 21, minSigma = 0.5, alpha = 0.01))
oracle(f, "c2", "ears-c2", "min_sigma=1", at, ears("C2", minSigma = 1))
oracle(f, "c3", "ears-c3", "", at, ears("C3"))
oracle(f, "c3-min", "ears-c3", "baseline=5;min_sigma=1;alpha=0.05", at, ears("C3", baseline = 5, minSigma = 1, alpha = 0.05))

cusum_of <- function(from, ...) function(s, at, j) {
  r <- algo.cusum(sts2disProg(s), control = list(range = from:nrow(s), ...))
  found <- frame(from:nrow(s), r$upperbound, r$alarm, score = r$cusum, expected = r$control$m)
  found[found$t %in% at, ]
}
f <- "cusum.csv"
at <- c(1:3, 53:55, seq(60, 324, by = 12))
some <- c("plain", "sparse", "zero", "wild", "large", "now_outbreak")
some <- colnames(counts) %in% some
oracle(f, "cusum", "cusum", "", at, cusum_of(53), only = some)
for (trans in c("rossi", "anscombe", "anscombe2nd", "pearsonNegBin", "none"))
  oracle(f, paste0("cusum-", trans), "cusum", sprintf("trans=%s;m=7;k=0.8;h=3", trans), at, cusum_of(1, trans = trans, m = 7, k = 0.8, h = 3), only = some)
oracle(f, "cusum-negbin", "cusum", "trans=anscombeNegBin;m=7;alpha=0.2", at, cusum_of(1, trans = "anscombeNegBin", m = 7, alpha = 0.2), only = some)
oracle(f, "cusum-glm", "cusum", "m=glm;range=157:324", at, cusum_of(157, m = "glm"), only = some)

historical <- function(from, ...) function(s, at, j) {
  r <- algo.cdc(sts2disProg(s), control = list(range = from:nrow(s), ...))
  found <- frame(from:nrow(s), r$upperbound, r$alarm, score = r$aggr)
  found[found$t %in% at, ]
}
f <- "historical.csv"
oracle(f, "historical", "historical-limits", "b=5;m=1;alpha=0.025", seq(268, 324, by = 3), historical(268, b = 5, m = 1, alpha = 0.025))
oracle(f, "historical-wide", "historical-limits", "b=3;m=2;alpha=0.05", seq(168, 324, by = 7), historical(168, b = 3, m = 2, alpha = 0.05))

glr <- function(from, mu0 = NULL, ...) function(s, at, j) {
  control <- list(range = from:nrow(s), ...)
  if (!is.null(mu0)) control$mu0 <- if (is.list(mu0)) mu0 else rep(mu0, length(control$range))
  r <- tryCatch(suppressMessages(algo.glrnb(sts2disProg(s), control = control)), error = function(e) NULL)
  if (is.null(r)) return(frame(intersect(at, from:nrow(s)), NA, NA))
  found <- frame(from:nrow(s), r$upperbound, r$alarm, expected = r$control$mu0)
  found[found$t %in% at, ]
}
f <- "glr.csv"
at <- sort(unique(c(1:6, seq(157, 324, by = 7), 300:306)))
some <- colnames(counts) %in% c("plain", "rising", "falling", "sparse", "zero", "steps", "now_outbreak")
oracle(f, "glr-poisson", "glr-nb", "mu0=8", at, glr(1, 8, alpha = 0), only = some)
oracle(f, "glr-poisson-window", "glr-nb", "mu0=8;m=10;mtilde=2;c_arl=4", at, glr(1, 8, alpha = 0, M = 10, Mtilde = 2, c.ARL = 4), only = some)
oracle(f, "glr-nb", "glr-nb", "mu0=8;alpha=0.2", at, glr(1, 8, alpha = 0.2), only = some)
oracle(f, "glr-nb-window", "glr-nb", "alpha=0.1;m=12;mtilde=3;range=157:324", at, glr(157, alpha = 0.1, M = 12, Mtilde = 3), only = some)
oracle(f, "glr-poisson-seasonal", "glr-nb", "range=157:324;c_arl=7", at, glr(157, list(S = 1, trend = FALSE), alpha = 0, c.ARL = 7), only = some)
oracle(f, "glr-down", "glr-nb", "mu0=8;alpha=0.2;dir=dec;c_arl=3", at, glr(1, 8, alpha = 0.2, dir = "dec", c.ARL = 3), only = some)
oracle(f, "lr-poisson", "glr-nb", "mu0=8;theta=0.5", at, glr(1, 8, alpha = 0, theta = 0.5), only = some)
oracle(f, "lr-nb", "glr-nb", "mu0=8;alpha=0.2;theta=0.7", at, glr(1, 8, alpha = 0.2, theta = 0.7), only = some)
oracle(f, "lr-cases", "glr-nb", "mu0=8;alpha=0.2;theta=0.7;ret=cases", at, glr(1, 8, alpha = 0.2, theta = 0.7, ret = "cases"), only = some)
oracle(f, "lr-poisson-cases", "glr-nb", "mu0=8;theta=0.5;ret=cases", at, glr(1, 8, alpha = 0, theta = 0.5, ret = "cases"), only = some)

for (file in names(results)) {
  found <- results[[file]]
  for (column in c("upperbound", "expected", "score", "dispersion")) {
    value <- as.numeric(found[[column]])
    found[[column]] <- ifelse(is.na(value), "", sprintf("%.10g", value))
  }
  found <- found[, colSums(found != "" & !is.na(found)) > 0]
  write.table(found, file, sep = ",", row.names = FALSE, quote = FALSE, na = "")
}
write.csv(do.call(rbind, parameters), "parameters.csv", row.names = FALSE, quote = TRUE)
