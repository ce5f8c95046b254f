#include "air/sensing/gas_sensor.h"

#include <cmath>

namespace air {

namespace {

constexpr int kFaultsInARow = 5;            // a single one may be a spike
constexpr std::size_t kSteady = 30;         // samples that a calibration rests on
constexpr std::size_t kRun = 10;            // samples whose mean has little noise
constexpr float kSteadyDrift = 0.1F;        // from run to run, at the most
// What a guessed R0 can be, in units of the load: 0.2 to 36 with load resistors of 1 to 20 kΩ.
constexpr float kSmallestGuess = 0.1F;
constexpr float kLargestGuess = 40.0F;
constexpr Millis kConversion = 800;         // of a DS18B20 at 12 bits: 750 at the most
constexpr float kPowerOn = 85.0F;           // what a DS18B20 says before its first conversion
constexpr int kLongestSearch = 32;          // steps
constexpr int kGone = 4;                    // misses after which a probe may be forgotten
constexpr float kNearPowerOn = 10.0F;       // from where it may really be 85 °C

bool within(float value, float low, float high) { return value >= low && value <= high; }

}  // namespace

const char* to_text(State state) {
  switch (state) {
    case State::kStarting:
      return "starting";
    case State::kWell:
      return "well";
    case State::kFailed:
      return "failed";
  }
  return "";
}

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

// MQ-135

GasSensor::GasSensor(AdcPort& adc, StoragePort& storage, const GasWiring& wiring)
    : adc_(adc), storage_(storage), wiring_(wiring) {}

void GasSensor::begin() {
  CalibrationBytes bytes{};
  if (storage_.load(bytes)) decode(bytes, calibration_);
}

bool GasSensor::warming_up(Millis now) const {
  return !warm_ && (!has_started_ || elapsed(now, started_) < kWarmUp);
}

bool GasSensor::steady() const {
  return warm_ && resistance_.count() >= kSteady && resistance_.drift(kRun) <= kSteadyDrift;
}

void GasSensor::fail() {
  values_ = Gases{};
  ratio_ = kMissing;
  state_ = State::kFailed;
}

void GasSensor::correct(const Climate& climate, bool wanted) {
  const bool known = !std::isnan(climate.temperature) && !std::isnan(climate.humidity);
  if (known) factor_ = climate_factor(climate.temperature, climate.humidity);
  const bool before = corrected();
  correction_ = !wanted               ? Correction::kOff
                : known               ? Correction::kLive
                : std::isnan(factor_) ? Correction::kMissing
                                      : Correction::kHeld;
  if (corrected() == before) return;
  resistance_.clear();  // samples of either kind are not mixed
  // A calibration of a time when the climate was not known: what it is now has to stand for that.
  if (corrected() && calibrated() && std::isnan(calibration_.factor)) {
    set({calibration_.r0, calibration_.provisional, factor_});
  }
}

void GasSensor::step(Millis now, const Climate& climate, bool wanted) {
  // Some at a time over the whole second: a burst would disturb the radio.
  if (reading_.due(now)) reads_.add(adc_.read());
  if (!sampling_.due(now)) return;
  if (!has_started_) {
    has_started_ = true;
    started_ = now;
  }
  if (!warm_ && elapsed(now, started_) >= kWarmUp) {
    warm_ = true;  // remembered, since the clock begins anew
    resistance_.clear();
  }
  correct(climate, wanted);

  const float sample = resistance(reads_.counts(), wiring_);
  reads_.clear();
  if (std::isnan(sample)) {
    if (++faults_ < kFaultsInARow) return;
    faults_ = kFaultsInARow;
    resistance_.clear();
    fail();
    return;
  }
  faults_ = 0;
  sampled_ = now;
  resistance_.add(corrected() ? sample / factor_ : sample);
  state_ = State::kWell;
  estimate();
}

void GasSensor::estimate() {
  // A sensor that nobody has calibrated: the first steady air is taken for clean air, and kept, so
  // that figures go on from there after each restart.
  if (!calibrated() && steady() && within(clean_r0(), kSmallestGuess, kLargestGuess)) {
    set({clean_r0(), true, factor_});
  }
  if (!calibrated()) return;
  ratio_ = resistance_.value() / r0();
  values_ = gases(ratio_);
  if (!std::isnan(values_.co2)) return;
  fail();
  // It was taken from something else, perhaps from a wire without a sensor.
  if (calibration_.provisional && steady()) calibration_ = Calibration{};
}

bool GasSensor::calibrate() {
  if (!steady()) return false;
  return set({clean_r0(), false, factor_});
}

float GasSensor::r0() const {
  if (!calibrated()) return kMissing;
  return corrected() ? calibration_.corrected_r0() : calibration_.r0;
}

// R0 without correction, if the present air is clean.
float GasSensor::clean_r0() const {
  return resistance_.value() * (corrected() ? factor_ : 1) / kCleanAirRatio;
}

bool GasSensor::set(const Calibration& wanted) {
  const CalibrationBytes bytes = encode(wanted);
  Calibration checked;
  if (!decode(bytes, checked)) return false;  // out of all bounds
  calibration_ = checked;
  return storage_.save(bytes);
}

// BMP180

bool PressureSensor::step(Millis now) {
  temperature_.age(now);
  pressure_.age(now);
  if (pressure_.missing() && state_ == State::kWell) state_ = State::kFailed;
  if (!found_) {
    if (!finding_.due(now)) return false;
    found_ = port_.begin();
    if (!found_ && pressure_.missing()) state_ = State::kFailed;
    reading_.hurry();
    return true;
  }
  if (!reading_.due(now)) return false;
  Pressure read{};
  // What comes from a bus that dies can be any number at all.
  if (!port_.read(read) || !within(read.temperature, -40, 85) ||
      !within(read.hectopascals, 300, 1100)) {
    found_ = false;  // its calibration has to be read anew
    if (pressure_.missing()) state_ = State::kFailed;
    return true;
  }
  temperature_.take(read.temperature, now);
  pressure_.take(read.hectopascals, now);
  state_ = State::kWell;
  return true;
}

float sea_level_pressure(float hectopascals, float altitude) {
  return hectopascals / std::pow(1.0F - altitude / 44330.0F, 5.255F);
}

float pressure_altitude(float hectopascals) {
  return 44330.0F * (1.0F - std::pow(hectopascals / 1013.25F, 1.0F / 5.255F));
}

// DHT22

bool HumiditySensor::step(Millis now) {
  temperature_.age(now);
  humidity_.age(now);
  if (humidity_.missing() && state_ == State::kWell) state_ = State::kFailed;
  if (!reading_.due(now)) return false;
  Climate read{};
  if (!port_.read(read)) {
    if (humidity_.missing()) state_ = State::kFailed;
    return true;
  }
  // All bits zero, or nearly so, have the right checksum; above 100 % are bits that slipped.
  const bool dead_wire = read.temperature == 0 && read.humidity <= 2;
  if (dead_wire || !within(read.temperature, -40, 80) || !within(read.humidity, 0, 100)) {
    if (humidity_.missing()) state_ = State::kFailed;
    return true;
  }
  temperature_.take(read.temperature, now);
  humidity_.take(read.humidity, now);
  state_ = State::kWell;
  return true;
}

// DS18B20

bool ProbeBank::any() const {
  for (std::size_t index = 0; index < count_; ++index) {
    if (!probes_[index].celsius.missing()) return true;
  }
  return false;
}

bool ProbeBank::step(Millis now) {
  for (std::size_t index = 0; index < count_; ++index) probes_[index].celsius.age(now);
  if (state_ == State::kWell && !any()) state_ = State::kFailed;

  switch (phase_) {
    case Phase::kIdle:
      if (searching_.due(now)) {
        phase_ = Phase::kSearching;
        searched_ = 0;
        return false;
      }
      if (!measuring_.due(now)) return false;
      if (count_ > 0 && port_.convert()) {
        phase_ = Phase::kConverting;
        converting_since_ = now;
      } else {
        if (!any()) state_ = State::kFailed;
        searching_.hurry();  // perhaps they are back
      }
      return true;
    case Phase::kSearching: {
      Rom rom{};
      // On a wire full of noise a search need not end.
      if (port_.search(rom) && ++searched_ <= kLongestSearch) {
        if (rom[0] != 0 && remember(rom)) measuring_.hurry();
      } else {
        phase_ = Phase::kIdle;
      }
      return true;
    }
    case Phase::kConverting:
      if (elapsed(now, converting_since_) < kConversion) return false;
      reading_ = 0;
      phase_ = Phase::kReading;
      return false;
    case Phase::kReading:
      read_one(now);
      if (++reading_ >= count_) phase_ = Phase::kIdle;
      return true;
  }
  return false;
}

bool ProbeBank::remember(const Rom& rom) {
  // Kept in the order of their codes, so that what a probe is called does not depend on the bus.
  std::size_t place = 0;
  while (place < count_ && probes_[place].rom < rom) ++place;
  if (place < count_ && probes_[place].rom == rom) return false;
  if (count_ == kMostProbes) {
    // A probe that has gone makes room for one that has come.
    std::size_t gone = 0;
    while (gone < count_ && probes_[gone].misses < kGone) ++gone;
    if (gone == count_) return false;
    for (; gone + 1 < count_; ++gone) probes_[gone] = probes_[gone + 1];
    --count_;
    return remember(rom);
  }
  for (std::size_t index = count_; index > place; --index) probes_[index] = probes_[index - 1];
  probes_[place] = Probe{};
  probes_[place].rom = rom;
  ++count_;
  return true;
}

void ProbeBank::read_one(Millis now) {
  Probe& probe = probes_[reading_];
  float celsius = kMissing;
  bool good = port_.read(probe.rom, celsius) && within(celsius, -55, 125);
  // After a loss of power it says 85 °C, whatever the temperature.
  const bool near = std::fabs(probe.celsius.value() - kPowerOn) < kNearPowerOn;
  if (celsius == kPowerOn && !near) good = false;
  if (!good) {
    if (probe.misses < kGone) ++probe.misses;
    if (!any()) state_ = State::kFailed;
    return;
  }
  probe.misses = 0;
  probe.celsius.take(celsius, now);
  state_ = State::kWell;
}

float ProbeBank::mean() const {
  double sum = 0;
  int there = 0;
  for (std::size_t index = 0; index < count_; ++index) {
    if (probes_[index].celsius.missing()) continue;
    sum += static_cast<double>(probes_[index].celsius.value());
    ++there;
  }
  return there == 0 ? kMissing : static_cast<float>(sum / there);
}

Millis ProbeBank::age(Millis now) const {
  Millis youngest = ~Millis{0};
  for (std::size_t index = 0; index < count_; ++index) {
    if (probes_[index].celsius.missing()) continue;
    const Millis age = probes_[index].celsius.age_of(now);
    if (age < youngest) youngest = age;
  }
  return youngest;
}

}  // namespace air
