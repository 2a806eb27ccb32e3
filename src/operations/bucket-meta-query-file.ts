import { float, int, type Open, oneOf, text } from '../binding/codec.js'
import { element, elements } from '../binding/field.js'
import { shape } from '../binding/shape.js'
import {
  type KmsDataEncryption,
  kmsDataEncryption,
  type ObjectAcl,
  type ObjectType,
  objectAcl,
  objectType,
  type SseAlgorithm,
  type StorageClass,
  sseAlgorithm,
  storageClass,
} from './shared.js'

// What a search tells about an object. `index.ts` passes on the types only.

/** Kind of content. */
export type MetaQueryMediaType = Open<'video' | 'image' | 'audio' | 'document'>

export const metaQueryMediaType = oneOf('video', 'image', 'audio', 'document')

/** A tag of an object that a query found. */
export interface MetaQueryTagging {
  /** Name of the tag. */
  key?: string
  /** Value of the tag. */
  value?: string
}

const metaQueryTaggingShape = shape<MetaQueryTagging>({ key: element('Key', text), value: element('Value', text) })

/** Tags of an object that a query found. */
export interface MetaQueryOssTagging {
  /** The tags. */
  taggings?: MetaQueryTagging[]
}

const metaQueryOssTaggingShape = shape<MetaQueryOssTagging>({ taggings: elements('Tagging', metaQueryTaggingShape) })

/** An item of user metadata. */
export interface MetaQueryUserMeta {
  /** Name without `x-oss-meta-`. */
  key?: string
  /** Value. */
  value?: string
}

const metaQueryUserMetaShape = shape<MetaQueryUserMeta>({ key: element('Key', text), value: element('Value', text) })

/** User metadata of an object that a query found. */
export interface MetaQueryOssUserMeta {
  /** The items. */
  userMetas?: MetaQueryUserMeta[]
}

const metaQueryOssUserMetaShape = shape<MetaQueryOssUserMeta>({
  userMetas: elements('UserMeta', metaQueryUserMetaShape),
})

/** An audio stream. */
export interface MetaQueryAudioStream {
  /** Bits per second. */
  bitrate?: number
  /** Samples per second. */
  sampleRate?: number
  /** Second at which it begins. */
  startTime?: number
  /** Seconds that it takes. */
  duration?: number
  /** Number of channels. */
  channels?: number
  /** Language as a BCP 47 tag. */
  language?: string
  /** Short name of the codec, such as `aac`. */
  codecName?: string
}

const metaQueryAudioStreamShape = shape<MetaQueryAudioStream>({
  bitrate: element('Bitrate', int),
  sampleRate: element('SampleRate', int),
  startTime: element('StartTime', float),
  duration: element('Duration', float),
  channels: element('Channels', int),
  language: element('Language', text),
  codecName: element('CodecName', text),
})

/** Audio streams of an object. */
export interface MetaQueryAudioStreams {
  /** The streams. */
  audioStream?: MetaQueryAudioStream[]
}

const metaQueryAudioStreamsShape = shape<MetaQueryAudioStreams>({
  audioStream: elements('AudioStream', metaQueryAudioStreamShape),
})

/** An address. */
export interface MetaQueryAddress {
  /** Street or township. */
  township?: string
  /** Whole address. */
  addressLine?: string
  /** City. */
  city?: string
  /** Country. */
  country?: string
  /** District. */
  district?: string
  /** Language of this address as a BCP 47 tag. */
  language?: string
  /** Province. */
  province?: string
}

const metaQueryAddressShape = shape<MetaQueryAddress>({
  township: element('Township', text),
  addressLine: element('AddressLine', text),
  city: element('City', text),
  country: element('Country', text),
  district: element('District', text),
  language: element('Language', text),
  province: element('Province', text),
})

/** Addresses where a photo or film was taken. */
export interface MetaQueryAddresses {
  /** The addresses, one for each language. */
  address?: MetaQueryAddress[]
}

const metaQueryAddressesShape = shape<MetaQueryAddresses>({ address: elements('Address', metaQueryAddressShape) })

/** A video stream. */
export interface MetaQueryVideoStream {
  /** Bits per second. */
  bitrate?: number
  /** Frames per second as a fraction, such as `25/1`. */
  frameRate?: string
  /** Second at which it begins. */
  startTime?: number
  /** Seconds that it takes. */
  duration?: number
  /** Number of frames. */
  frameCount?: number
  /** Height in pixels. */
  height?: number
  /** Width in pixels. */
  width?: number
  /** Short name of the codec, such as `h264`. */
  codecName?: string
  /** Language as a BCP 47 tag. */
  language?: string
  /** Bits per sample. */
  bitDepth?: number
  /** Pixel format, such as `yuv420p`. */
  pixelFormat?: string
  /** Color space, such as `bt709`. */
  colorSpace?: string
}

const metaQueryVideoStreamShape = shape<MetaQueryVideoStream>({
  bitrate: element('Bitrate', int),
  frameRate: element('FrameRate', text),
  startTime: element('StartTime', float),
  duration: element('Duration', float),
  frameCount: element('FrameCount', int),
  height: element('Height', int),
  width: element('Width', int),
  codecName: element('CodecName', text),
  language: element('Language', text),
  bitDepth: element('BitDepth', int),
  pixelFormat: element('PixelFormat', text),
  colorSpace: element('ColorSpace', text),
})

/** Video streams of an object. */
export interface MetaQueryVideoStreams {
  /** The streams. */
  videoStream?: MetaQueryVideoStream[]
}

const metaQueryVideoStreamsShape = shape<MetaQueryVideoStreams>({
  videoStream: elements('VideoStream', metaQueryVideoStreamShape),
})

/** A subtitle stream. */
export interface MetaQuerySubtitle {
  /** Short name of the codec, such as `mov_text`. */
  codecName?: string
  /** Language as a BCP 47 tag. */
  language?: string
  /** Second at which it begins. */
  startTime?: number
  /** Seconds that it takes. */
  duration?: number
}

const metaQuerySubtitleShape = shape<MetaQuerySubtitle>({
  codecName: element('CodecName', text),
  language: element('Language', text),
  startTime: element('StartTime', float),
  duration: element('Duration', float),
})

/** Subtitle streams of an object. */
export interface MetaQuerySubtitles {
  /** The streams. */
  subtitle?: MetaQuerySubtitle[]
}

const metaQuerySubtitlesShape = shape<MetaQuerySubtitles>({ subtitle: elements('Subtitle', metaQuerySubtitleShape) })

/** Description that a model made of a film. */
export interface MetaQueryRespFileInsightsVideo {
  /** Short description. */
  caption?: string
  /** Long description. */
  description?: string
}

const metaQueryRespFileInsightsVideoShape = shape<MetaQueryRespFileInsightsVideo>({
  caption: element('Caption', text),
  description: element('Description', text),
})

/** Description that a model made of an image. */
export interface MetaQueryRespFileInsightsImage {
  /** Short description. */
  caption?: string
  /** Long description. */
  description?: string
}

const metaQueryRespFileInsightsImageShape = shape<MetaQueryRespFileInsightsImage>({
  caption: element('Caption', text),
  description: element('Description', text),
})

/** Descriptions that a model made of the content. */
export interface MetaQueryRespFileInsights {
  /** Description of a film. */
  video?: MetaQueryRespFileInsightsVideo
  /** Description of an image. */
  image?: MetaQueryRespFileInsightsImage
}

const metaQueryRespFileInsightsShape = shape<MetaQueryRespFileInsights>({
  video: element('Video', metaQueryRespFileInsightsVideoShape),
  image: element('Image', metaQueryRespFileInsightsImageShape),
})

/** An object that a query found. Fields about media are there for such content only. */
export interface MetaQueryFile {
  /** When the object was last written, ISO 8601 with offset. */
  fileModifiedTime?: string
  /** Entity tag with its quotes. */
  etag?: string
  /** How the object is encrypted at rest. Absent when it is not. */
  serverSideEncryption?: SseAlgorithm
  /** Number of tags. */
  ossTaggingCount?: number
  /** Tags. */
  ossTagging?: MetaQueryOssTagging
  /** User metadata. */
  ossUserMeta?: MetaQueryOssUserMeta
  /** Key of the object. */
  filename?: string
  /** Length in bytes. */
  size?: number
  /** How the object was made. */
  ossObjectType?: ObjectType
  /** Storage class. */
  ossStorageClass?: StorageClass
  /** Who may read and write the object. */
  objectAcl?: ObjectAcl
  /** CRC-64 of the object as a decimal number. */
  ossCrc64?: string
  /** Encryption with a key of the customer. */
  serverSideEncryptionCustomerAlgorithm?: string
  /** How caches may keep the object. */
  cacheControl?: string
  /** How a browser presents the object. */
  contentDisposition?: string
  /** MIME type. */
  contentType?: string
  /** Latitude and longitude of a photo or film, such as `30.134390,120.074997`. */
  latLong?: string
  /** Id of the key in KMS. */
  serverSideEncryptionKeyId?: string
  /** Height of the film in pixels. */
  videoHeight?: number
  /** Bits per second of the whole file. */
  bitrate?: number
  /** Audio streams. */
  metaQueryAudioStreams?: MetaQueryAudioStreams
  /** Addresses where it was taken. */
  metaQueryAddresses?: MetaQueryAddresses
  /** Address of the object: `oss://bucket/key`. */
  uri?: string
  /** Method of cross-origin requests. */
  accessControlRequestMethod?: string
  /** Width of the image in pixels. */
  imageWidth?: number
  /** Title of the content. */
  title?: string
  /** Origin that may read the object. */
  accessControlAllowOrigin?: string
  /** Height of the image in pixels. */
  imageHeight?: number
  /** Artist of the album. */
  albumArtist?: string
  /** Encoding of the stored bytes, such as `gzip`. */
  contentEncoding?: string
  /** Language of the content, such as `zh-CN`. */
  contentLanguage?: string
  /** Artist. */
  artist?: string
  /** Performer. */
  performer?: string
  /** Video streams. */
  metaQueryVideoStreams?: MetaQueryVideoStreams
  /** When a photo or film was taken, ISO 8601 with offset. */
  produceTime?: string
  /** Width of the film in pixels. */
  videoWidth?: number
  /** Album. */
  album?: string
  /** Kind of content. */
  mediaType?: MetaQueryMediaType
  /** When the object expires, ISO 8601. */
  ossExpiration?: string
  /** Cipher under `KMS`. Absent means AES-256. */
  serverSideDataEncryption?: KmsDataEncryption
  /** Composer. */
  composer?: string
  /** Seconds that the content takes. */
  duration?: number
  /** Subtitle streams. */
  metaQuerySubtitles?: MetaQuerySubtitles
  /** Descriptions that a model made of the content. */
  insights?: MetaQueryRespFileInsights
}

const metaQueryFileShape = shape<MetaQueryFile>({
  fileModifiedTime: element('FileModifiedTime', text),
  etag: element('ETag', text),
  serverSideEncryption: element('ServerSideEncryption', sseAlgorithm),
  ossTaggingCount: element('OSSTaggingCount', int),
  ossTagging: element('OSSTagging', metaQueryOssTaggingShape),
  ossUserMeta: element('OSSUserMeta', metaQueryOssUserMetaShape),
  filename: element('Filename', text),
  size: element('Size', int),
  ossObjectType: element('OSSObjectType', objectType),
  ossStorageClass: element('OSSStorageClass', storageClass),
  objectAcl: element('ObjectACL', objectAcl),
  ossCrc64: element('OSSCRC64', text),
  serverSideEncryptionCustomerAlgorithm: element('ServerSideEncryptionCustomerAlgorithm', text),
  cacheControl: element('CacheControl', text),
  contentDisposition: element('ContentDisposition', text),
  contentType: element('ContentType', text),
  latLong: element('LatLong', text),
  serverSideEncryptionKeyId: element('ServerSideEncryptionKeyId', text),
  videoHeight: element('VideoHeight', int),
  bitrate: element('Bitrate', int),
  metaQueryAudioStreams: element('AudioStreams', metaQueryAudioStreamsShape),
  metaQueryAddresses: element('Addresses', metaQueryAddressesShape),
  uri: element('URI', text),
  accessControlRequestMethod: element('AccessControlRequestMethod', text),
  imageWidth: element('ImageWidth', int),
  title: element('Title', text),
  accessControlAllowOrigin: element('AccessControlAllowOrigin', text),
  imageHeight: element('ImageHeight', int),
  albumArtist: element('AlbumArtist', text),
  contentEncoding: element('ContentEncoding', text),
  contentLanguage: element('ContentLanguage', text),
  artist: element('Artist', text),
  performer: element('Performer', text),
  metaQueryVideoStreams: element('VideoStreams', metaQueryVideoStreamsShape),
  produceTime: element('ProduceTime', text),
  videoWidth: element('VideoWidth', int),
  album: element('Album', text),
  mediaType: element('MediaType', metaQueryMediaType),
  ossExpiration: element('OSSExpiration', text),
  serverSideDataEncryption: element('ServerSideDataEncryption', kmsDataEncryption),
  composer: element('Composer', text),
  duration: element('Duration', float),
  metaQuerySubtitles: element('Subtitles', metaQuerySubtitlesShape),
  insights: element('Insights', metaQueryRespFileInsightsShape),
})

/** Objects that a query found. */
export interface MetaQueryFiles {
  /** The objects. Absent when there are none. */
  file?: MetaQueryFile[]
}

export const metaQueryFilesShape = shape<MetaQueryFiles>({ file: elements('File', metaQueryFileShape) })
