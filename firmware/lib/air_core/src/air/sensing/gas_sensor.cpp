#include "air/sensing/gas_sensor.h"

#include <cmath>

namespace air {

namespace {

constexpr int kMaxFaults = 5;                // in a row; fewer may be spikes
constexpr std::size_t kSteadySamples = 30;   // that a calibration needs
constexpr std::size_t kDriftRun = 10;        // samples whose mean has little noise
constexpr float kMaxDrift = 0.1F;            // between the means of such runs
// The range of a provisional R0, in units of the load: 0.2 to 36 with load resistors of 1 to 20 kΩ.
constexpr float kMinProvisionalR0 = 0.1F;
constexpr float kMaxProvisionalR0 = 40.0F;

}  // namespace

const char* to_text(Correction correction) {
  switch (correction) {
    case Correction::kOff:
      return "off";
    case Correction::kMissing:
      return "missing";
    case Correction::kHeld:
      return "held";
    case Correction::kLive:
      return "live";
  }
  return "";
}

GasSensor::GasSensor(AdcPort& adc, StoragePort& storage, const GasWiring& wiring)
    : adc_(adc), storage_(storage), wiring_(wiring) {}

void GasSensor::begin() {
  CalibrationBytes bytes{};
  if (storage_.load(bytes)) decode_calibration(bytes, calibration_);
}

bool GasSensor::warming_up(Millis now) const {
  return !warm_ && (!started_ || elapsed(now, started_at_) < kWarmUp);
}

bool GasSensor::steady() const {
  return warm_ && resistance_.count() >= kSteadySamples && resistance_.drift(kDriftRun) <= kMaxDrift;
}

void GasSensor::fail() {
  values_ = Gases{};
  ratio_ = kMissing;
  state_ = SensorState::kFailed;
}

void GasSensor::update_correction(const Climate& climate, bool wanted) {
  const bool known = !std::isnan(climate.temperature) && !std::isnan(climate.humidity);
  if (known) climate_factor_ = climate_factor(climate.temperature, climate.humidity);
  const bool before = corrected();
  correction_ = !wanted                       ? Correction::kOff
                : known                       ? Correction::kLive
                : std::isnan(climate_factor_) ? Correction::kMissing
                                              : Correction::kHeld;
  if (corrected() == before) return;
  resistance_.clear();  // corrected and uncorrected samples are not mixed
  // The climate was not known when the sensor was calibrated, so the present one is saved instead.
  if (corrected() && calibrated() && std::isnan(calibration_.factor)) {
    set_calibration({calibration_.r0, calibration_.provisional, climate_factor_});
  }
}

void GasSensor::step(Millis now, const Climate& climate, bool correction_wanted) {
  // The readings of a sample are spread over a second, because a burst would disturb the radio.
  if (read_timer_.due(now)) readings_.add(adc_.read());
  if (!sample_timer_.due(now)) return;
  if (!started_) {
    started_ = true;
    started_at_ = now;
  }
  if (!warm_ && elapsed(now, started_at_) >= kWarmUp) {
    warm_ = true;  // stored, because the clock wraps around
    resistance_.clear();
  }
  update_correction(climate, correction_wanted);

  const float sample = resistance(readings_.mean(), wiring_);
  readings_.clear();
  if (std::isnan(sample)) {
    if (++faults_ < kMaxFaults) return;
    faults_ = kMaxFaults;
    resistance_.clear();
    fail();
    return;
  }
  faults_ = 0;
  sampled_at_ = now;
  resistance_.add(corrected() ? sample / climate_factor_ : sample);
  state_ = SensorState::kWell;
  update_values();
}

void GasSensor::update_values() {
  // A sensor that was never calibrated takes the first steady air for clean air. That is saved, so that
  // figures continue after each restart.
  if (!calibrated() && steady() && within(clean_air_r0(), kMinProvisionalR0, kMaxProvisionalR0)) {
    set_calibration({clean_air_r0(), true, climate_factor_});
  }
  if (!calibrated()) return;
  ratio_ = resistance_.value() / r0();
  values_ = estimate_gases(ratio_);
  if (!std::isnan(values_.co2)) return;
  fail();
  // The provisional R0 was of something else, perhaps of a wire without a sensor.
  if (calibration_.provisional && steady()) calibration_ = Calibration{};
}

bool GasSensor::calibrate() {
  if (!steady()) return false;
  return set_calibration({clean_air_r0(), false, climate_factor_});
}

float GasSensor::r0() const {
  if (!calibrated()) return kMissing;
  return corrected() ? calibration_.corrected_r0() : calibration_.r0;
}

// Returns the uncorrected R0 if the present air is clean.
float GasSensor::clean_air_r0() const {
  return resistance_.value() * (corrected() ? climate_factor_ : 1) / kCleanAirRatio;
}

// Takes and saves a calibration. Returns false if it is implausible or could not be saved.
bool GasSensor::set_calibration(const Calibration& wanted) {
  const CalibrationBytes bytes = encode_calibration(wanted);
  Calibration checked;
  if (!decode_calibration(bytes, checked)) return false;
  calibration_ = checked;
  return storage_.save(bytes);
}

}  // namespace air
